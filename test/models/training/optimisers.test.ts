import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import type { Tensor } from '../../../src/engine/device/device.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { unpackValues, type Vectors } from '../../../src/models/network/packed.ts';
import { type OptimiserOptions, optimiserOf } from '../../../src/models/training/optimisers.ts';
import {
  type StepOptions,
  stepRates,
  TRAINING_STATE_DONATED,
  trainingStep,
  trainingStepSpecs,
  uploadTrainingState,
} from '../../../src/models/training/step.ts';
import { expectClose, useDevice } from '../../support/checkOp.ts';
import { linearModel, linearWeights } from '../../support/linearModel.ts';

type Matrix = readonly (readonly number[])[];

interface Fixture {
  readonly learningRate: number;
  readonly weight: Matrix;
  readonly bias: readonly number[];
  readonly images: readonly Matrix[];
  readonly labels: Matrix;
  readonly cases: readonly {
    readonly options: StepOptions;
    readonly after: {
      readonly losses: readonly number[];
      readonly weight: Matrix;
      readonly bias: readonly number[];
      readonly slots: Readonly<Record<string, readonly [Matrix, readonly number[]]>>;
    };
  }[];
}

// PyTorch in float64; see test/fixtures/training/optimisers.py.
const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/training/optimisers.json', 'utf8'));
const device = useDevice();
const model = linearModel([1, 2, 2], 3);

test.each(fixture.cases)('six batches end where PyTorch does in float64: $options', async ({ options, after }) => {
  const batch = fixture.labels[0].length;
  const executable = await compile(
    (inputs) => {
      const { gradients: _, ...updated } = trainingStep(model, inputs, options);
      return updated;
    },
    trainingStepSpecs(model, options, [batch, 1, 2, 2]),
    { device: device(), donate: TRAINING_STATE_DONATED },
  );
  const weights = linearWeights(fixture.weight.flat(), fixture.bias);
  const point = uploadTrainingState(device(), model, weights, options);
  const losses: number[] = [];
  for (const [step, images] of fixture.images.entries()) {
    const { loss } = executable.run({
      ...point,
      x: Float32Array.from(images.flat()),
      labels: Int32Array.from(fixture.labels[step]),
      rates: stepRates(model, options, fixture.learningRate, step),
    });
    losses.push((await loss.read())[0]);
  }
  const read = async (vectors: Vectors<Tensor>) =>
    unpackValues(model.parameters, (await Promise.all(vectors.map((vector) => vector.read()))) as Float32Array[]);
  // Six steps of about ten operations on values around 1, each rounded to 6e-8; momentum and Adam's quotients add some of it up.
  const tolerance = { absolute: 4e-6, why: 'six steps in f32' };
  expectClose(losses, after.losses, tolerance);
  const parameters = await read(point.parameters);
  expectClose(parameters['fc.weight'], after.weight.flat(), tolerance);
  expectClose(parameters['fc.bias'], after.bias, tolerance);
  expect(Object.keys(point.slots).sort()).toEqual(Object.keys(after.slots).sort());
  for (const [slot, [weight, bias]] of Object.entries(after.slots)) {
    const values = await read(point.slots[slot]);
    expectClose(values['fc.weight'], weight.flat(), tolerance);
    expectClose(values['fc.bias'], bias, tolerance);
  }
});

describe('refuses', () => {
  test.each<[OptimiserOptions, string]>([
    [{ momentum: 1 }, 'training: the momentum is 1; it must be at least 0 and below 1'],
    [{ nesterov: true }, "training: the momentum is 0; it must be above 0 for Nesterov's"],
    [{ weightDecay: -1 }, 'training: the weight decay is -1; it must be at least 0'],
    [{ optimiser: 'adam', betas: [0.9, 1] }, 'training: the beta is 1; it must be at least 0 and below 1'],
    [{ optimiser: 'adam', epsilon: 0 }, 'training: the epsilon is 0; it must be above 0'],
  ])('%o', (options, message) => {
    expect(() => optimiserOf(options)).toThrow(new InputError(message));
  });
});
