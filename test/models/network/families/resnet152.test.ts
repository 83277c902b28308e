import { expect, test } from 'vitest';
import { compile } from '../../../../src/engine/run/compile.ts';
import { resnet } from '../../../../src/models/network/families/resnet.ts';
import { initialWeights } from '../../../../src/models/network/weights.ts';
import {
  stepRates,
  TRAINING_STATE_DONATED,
  trainingStep,
  trainingStepSpecs,
  uploadTrainingState,
} from '../../../../src/models/training/step.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { values } from '../../../support/values.ts';

const device = useDevice();
const BATCH = 32;
const SHAPE = [BATCH, 3, 32, 32];
const GIBIBYTE = 2 ** 30;

test('a ResNet-152 of width 8 trains two steps on CIFAR’s images, in a process of less than 1 GiB', async () => {
  const options = { momentum: 0.9 };
  const learningRate = 3e-8;
  const model = resnet({ depth: 152, width: 8, stem: 'cifar', inChannels: 3, classes: 10 });
  const step = await compile(
    (inputs) => trainingStep(model, inputs, options),
    trainingStepSpecs(model, options, SHAPE),
    { device: device(), donate: TRAINING_STATE_DONATED },
  );
  const feeds = {
    ...uploadTrainingState(device(), model, initialWeights(model, 0), options),
    x: values(
      SHAPE.reduce((a, b) => a * b),
      1,
    ),
    labels: Int32Array.from({ length: BATCH }, (_, i) => i % 10),
    rates: stepRates(model, options, learningRate, 0),
  };
  const before = step.run(feeds);
  const [first] = await before.loss.read();
  let steepness = 0;
  for (const slope of await before.gradients[0].read()) steepness += slope * slope;
  const [second] = await step.run(feeds).loss.read();
  // Ten classes, guessed at first: ln 10 = 2.3.
  expect(Math.abs(first - Math.log(10))).toBeLessThan(0.5);
  // A small step against the gradient g lowers the loss by learningRate · |g|²; |g| is several hundred at such a depth, and curvature
  // takes a few hundredths of that.
  const ratio = (first - second) / (learningRate * steepness);
  expect(Math.abs(ratio - 1)).toBeLessThan(0.15);
  expect(step.plan.peakBytes).toBeLessThan(GIBIBYTE / 4);
  // A software adapter's memory is the process's own, test runner and compiler included.
  expect(process.resourceUsage().maxRSS * 1024).toBeLessThan(GIBIBYTE);
});
