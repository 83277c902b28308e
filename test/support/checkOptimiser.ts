import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Device, Tensor } from '../../src/engine/device/device.ts';
import { compile } from '../../src/engine/run/compile.ts';
import { unpackValues, type Vectors } from '../../src/models/network/packed.ts';
import {
  type StepOptions,
  stepRates,
  TRAINING_STATE_DONATED,
  trainingStep,
  trainingStepSpecs,
  uploadTrainingState,
} from '../../src/models/training/step.ts';
import { expectClose } from './checkOp.ts';
import { linearModel, linearWeights } from './linearModel.ts';

type Matrix = readonly (readonly number[])[];

/** Trainings of PyTorch in float64, as the scripts in `test/fixtures/training` write them. */
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

/** The cases of a fixture, each with the training that they share. */
export function optimiserCases(file: string) {
  const { cases, ...training }: Fixture = JSON.parse(readFileSync(`test/fixtures/training/${file}`, 'utf8'));
  return cases.map((each) => ({ ...each, training }));
}

/** Losses, parameters and slots after all batches are PyTorch's. */
export async function checkOptimiser(
  device: Device,
  { options, after, training }: ReturnType<typeof optimiserCases>[number],
): Promise<void> {
  const model = linearModel([1, 2, 2], 3);
  const executable = await compile(
    (inputs) => {
      const { gradients: _, ...updated } = trainingStep(model, inputs, options);
      return updated;
    },
    trainingStepSpecs(model, options, [training.labels[0].length, 1, 2, 2]),
    { device, donate: TRAINING_STATE_DONATED },
  );
  const weights = linearWeights(training.weight.flat(), training.bias);
  const point = uploadTrainingState(device, model, weights, options);
  const losses: number[] = [];
  for (const [step, images] of training.images.entries()) {
    const { loss } = executable.run({
      ...point,
      x: Float32Array.from(images.flat()),
      labels: Int32Array.from(training.labels[step]),
      rates: stepRates(model, options, training.learningRate, step),
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
}
