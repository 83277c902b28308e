import { expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { parseKept } from '../../../src/cli/train/config.ts';

const computedBy = { adapter: 'llvmpipe', kernels: null };
const data = { source: { name: 'mnist' }, split: 'standard', train: 400, test: null, validation: 100 };
const model = { depth: 18, width: 2, stem: 'cifar', precision: 'f32' };

/** As checkpoints held it before the parameters of a training were in catalogues: every option, with null for what has no value. */
const before = {
  data,
  model,
  ...{ epochs: 4, batchSize: 20, learningRate: 0.01, schedule: 'step', stepSize: null, gamma: 0.5, warmup: 0.3 },
  ...{ optimiser: 'adamw', momentum: 0.9, nesterov: false, weightDecay: null, labelSmoothing: 0.1, clipNorm: null },
  ...{ accumulate: 2, recompute: 'none', augment: 'none', padding: 4, patience: null, checkpointEvery: 1, seed: 3 },
};

// Its model had no family yet: there was one.
const around = { data, model: { family: 'resnet', ...model }, adversarial: null, checkpointEvery: 1, seed: 3 };
const training = { epochs: 4, batchSize: 20, learningRate: 0.01, schedule: 'step', gamma: 0.5, optimiser: 'adamw' };

test('a configuration of an earlier version is the training that it was', () => {
  expect(parseKept({ config: before, computedBy }, 'a.safetensors')).toEqual({
    config: { ...around, ...training, labelSmoothing: 0.1, accumulate: 2 },
    computedBy,
  });
  // What SGD was told, it was told: also no momentum.
  const sgd = { ...before, optimiser: 'sgd', momentum: 0, weightDecay: 5e-4, schedule: 'one-cycle', augment: 'crop' };
  expect(parseKept({ config: sgd, computedBy }, 'a.safetensors').config).toMatchObject({
    momentum: 0,
    weightDecay: 5e-4,
  });
});

test('a configuration reads as it was written', () => {
  const config = { ...around, ...training, patience: 3, augment: 'crop-flip', padding: 2 };
  const written = JSON.parse(JSON.stringify({ config, computedBy }));
  expect(parseKept(written, 'a.safetensors')).toEqual({ config, computedBy });
});

test.each([
  [{ epochs: 0 }, 'a.safetensors: the configuration, config.epochs: is 0; it must be a whole number from 1'],
  [
    { schedule: 'linear' },
    'a.safetensors: the configuration, config.schedule: is linear; it must be constant, step, cosine or one-cycle',
  ],
  [{ rate: 1 }, 'a.safetensors: the configuration, config.rate: is no option of a training'],
  [{ seed: -1 }, 'a.safetensors: the configuration, config.seed: Too small: expected number to be >=0'],
])('%o is refused', (wrong, message) => {
  expect(() => parseKept({ config: { ...before, ...wrong }, computedBy }, 'a.safetensors')).toThrow(
    new InputError(message),
  );
});
