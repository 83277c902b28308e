import { expect, test } from 'vitest';
import { compile } from '../../../src/engine/run/compile.ts';
import { type ResNetOptions, resnet } from '../../../src/models/network/families/resnet.ts';
import { initialWeights } from '../../../src/models/network/weights.ts';
import { stepRates, trainingStep, trainingStepSpecs, uploadTrainingState } from '../../../src/models/training/step.ts';
import { useDevice } from '../../support/checkOp.ts';
import { values } from '../../support/values.ts';

const device = useDevice();
const BATCH = 4;

/** Everything that one training step yields, from fixed weights and images. */
async function step(options: ResNetOptions, recompute: 'none' | 'blocks') {
  const model = resnet(options);
  const training = { momentum: 0.9, weightDecay: 0.01, recompute };
  const shape = [BATCH, options.inChannels, 16, 16];
  const executable = await compile(
    (inputs) => {
      const { slots, ...others } = trainingStep(model, inputs, training);
      return { ...others, velocity: slots.momentum_buffer };
    },
    trainingStepSpecs(model, training, shape),
    { device: device(), name: 'step' },
  );
  const outputs = executable.run({
    ...uploadTrainingState(device(), model, initialWeights(model, 3), training),
    x: values(
      shape.reduce((a, b) => a * b),
      2,
    ),
    labels: Int32Array.of(0, 1, 2, 0),
    rates: stepRates(model, training, 0.1, 0),
  });
  const read: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(outputs))
    read[name] = await Promise.all([given].flat().map((tensor) => tensor.read()));
  const { peakBytes } = executable.plan;
  executable.free();
  return { read, peakBytes };
}

// Loss, gradients, parameters, velocity and running statistics, which a second update would change.
test.each([
  { depth: 18, width: 8, stem: 'cifar', inChannels: 1, classes: 3 },
  { depth: 50, width: 4, stem: 'imagenet', inChannels: 3, classes: 3 },
] as const)('ResNet-$depth computes its blocks again in less memory and to the same bits', async (options) => {
  const plain = await step(options, 'none');
  const thrifty = await step(options, 'blocks');
  expect(thrifty.read).toEqual(plain.read);
  expect(thrifty.peakBytes).toBeLessThan(plain.peakBytes);
});
