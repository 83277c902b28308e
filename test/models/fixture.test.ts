import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { spec } from '../../src/engine/graph.ts';
import { unpackValues } from '../../src/models/packed.ts';
import { resnet } from '../../src/models/resnet.ts';
import { toPyTorch } from '../../src/models/stateDict.ts';
import {
  stepRateSpecs,
  stepRates,
  TRAINING_STATE_DONATED,
  trainingStateSpecs,
  trainingStep,
  uploadTrainingState,
} from '../../src/models/trainingStep.ts';
import { upload } from '../../src/models/weights.ts';
import { useDevice } from '../engine/checkOp.ts';
import { FIXTURE_BATCH, fixtureImages, fixtureLabels, fixtureWeights } from './fixtureNetwork.ts';

interface Fixture {
  readonly losses: readonly number[];
  readonly logits: readonly number[];
  readonly gradNorm: readonly number[];
  readonly gradHead: readonly (readonly number[])[];
}

const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/peers/fixture.json', 'utf8'));
const device = useDevice();
const model = resnet({ depth: 18, width: 16, stem: 'cifar', inChannels: 1, classes: 10 });
const training = { momentum: 0.9 };
const images = spec([FIXTURE_BATCH, 1, 28, 28]);

test('logits in evaluation mode are those of PyTorch in float64', async () => {
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: images },
    { device: device() },
  );
  const weights = upload(device(), model, fixtureWeights(model));
  const logits = await executable.run({ ...weights, x: fixtureImages() }).logits.read();
  const largest = Math.max(...fixture.logits.map(Math.abs));
  // 1e-5 of the largest logit: 20 layers in f32, each a sum of up to 1152 products, rounding errors of 6e-8 that average out.
  fixture.logits.forEach((expected, i) => {
    expect(Math.abs(logits[i] - expected) / largest, `logit ${i}`).toBeLessThan(1e-5);
  });
});

test('losses and gradients of four training steps are those of PyTorch in float64', async () => {
  const executable = await compile(
    (inputs) => trainingStep(model, inputs, training),
    {
      ...trainingStateSpecs(model, training),
      rates: stepRateSpecs(training),
      x: images,
      labels: spec([FIXTURE_BATCH], 'i32'),
    },
    { device: device(), donate: TRAINING_STATE_DONATED },
  );
  // One unit of the stem lies 2.9e-8 above ReLU's kink: the batch's mean has to be right to its last digits for it to count.
  const feeds = {
    ...uploadTrainingState(device(), model, fixtureWeights(model), training),
    x: fixtureImages(),
    labels: fixtureLabels(),
    rates: stepRates(training, 0.01, 0),
  };
  for (const [step, expected] of fixture.losses.entries()) {
    const { loss, gradients } = executable.run(feeds);
    const [actual] = await loss.read();
    // f32 gives about 1e-7 for the mean of 8 losses, training amplifies it from step to step.
    expect(Math.abs(actual - expected) / expected, `loss of step ${step + 1}`).toBeLessThan(1e-5);
    if (step > 0) continue;
    const slopes = unpackValues(
      model.parameters,
      (await Promise.all(gradients.map((vector) => vector.read()))) as Float32Array[],
    );
    for (const [index, name] of Object.keys(model.parameters).entries()) {
      const gradient = toPyTorch(model.parameters[name], slopes[name]);
      const norm = fixture.gradNorm[index];
      const rms = norm / Math.sqrt(gradient.length);
      // 2e-5 of the root mean square: backward passes through 20 batch norms, whose differences cancel digits.
      const own = Math.sqrt(gradient.reduce((squares, value) => squares + value * value, 0));
      expect(Math.abs(own - norm) / norm, `norm of the gradient of ${name}`).toBeLessThan(2e-5);
      fixture.gradHead[index].forEach((value, i) => {
        expect(Math.abs(gradient[i] - value) / rms, `element ${i} of the gradient of ${name}`).toBeLessThan(2e-5);
      });
    }
  }
});
