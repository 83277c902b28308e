import { expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { checkTraining, completeTraining, trainingMistakes, trainingSpec } from '../../../src/models/training/spec.ts';

const plain = { epochs: 2, batchSize: 8, learningRate: 0.1 };

test('what is left out is left out of what is written, but for what was always written', () => {
  expect(trainingSpec(plain)).toEqual({ ...plain, schedule: 'constant', momentum: 0.9, weightDecay: 0 });
  expect(trainingSpec({ ...plain, optimiser: 'adamw' })).toEqual({
    ...plain,
    schedule: 'constant',
    optimiser: 'adamw',
  });
});

test('a default that is said is written as one that is not, and so is what is undefined', () => {
  const said = {
    optimiser: 'sgd',
    nesterov: false,
    augment: 'none',
    accumulate: 1,
    recompute: 'none',
    labelSmoothing: 0,
  };
  expect(trainingSpec({ ...plain, ...said, clipNorm: undefined })).toEqual(trainingSpec(plain));
  // 0.01 is AdamW's weight decay, and Adam's is 0.
  expect(trainingSpec({ ...plain, optimiser: 'adamw', weightDecay: 0.01 })).not.toHaveProperty('weightDecay');
  expect(trainingSpec({ ...plain, optimiser: 'adam', weightDecay: 0.01 })).toHaveProperty('weightDecay', 0.01);
});

test('what is written is complete with the defaults of what it chooses', () => {
  const complete = completeTraining(
    trainingSpec({ ...plain, optimiser: 'adam', schedule: 'one-cycle', augment: 'crop' }),
  );
  expect(complete).toEqual({
    ...plain,
    ...{ schedule: 'one-cycle', warmup: 0.3, divFactor: 25, finalDivFactor: 1e4 },
    ...{ optimiser: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    ...{ augment: 'crop', padding: 4, labelSmoothing: 0, accumulate: 1, recompute: 'none' },
  });
});

test.each<[object, string]>([
  [{ epochs: undefined }, 'training: epochs is missing'],
  [{ nesterov: true, momentum: 0 }, "training: momentum is 0; it must be above 0 for Nesterov's"],
  [{ optimiser: 'adam', beta2: 1 }, 'training: beta2 is 1; it must be at least 0 and below 1'],
  [{ optimiser: 'adam', epsilon: 0 }, 'training: epsilon is 0; it must be above 0'],
  [{ optimiser: 'adam', nesterov: true }, 'training: nesterov is not of optimiser adam; it is of sgd'],
  [{ schedule: 'step', stepSize: 0 }, 'training: stepSize is 0; it must be a whole number from 1'],
  [{ schedule: 'step', gamma: 2 }, 'training: gamma is 2; it must be above 0 and at most 1'],
  [{ schedule: 'cosine', gamma: 0.5 }, 'training: gamma is not of schedule cosine; it is of step'],
  [{ schedule: 'one-cycle', warmup: 1 }, 'training: warmup is 1; it must be at least 0 and below 1'],
  [{ schedule: 'one-cycle', divFactor: 0.5 }, 'training: divFactor is 0.5; it must be at least 1'],
  [{ padding: 2 }, 'training: padding is not of augment none; it is of crop and crop-flip'],
])('%o is refused', (wrong, message) => {
  expect(() => checkTraining({ ...plain, ...wrong })).toThrow(new InputError(message));
});

test('all mistakes are told, each with its parameter', () => {
  const mistakes = trainingMistakes({ ...plain, epochs: 0, clipNorm: -1 });
  expect(mistakes.map(({ parameter }) => parameter)).toEqual(['epochs', 'clipNorm']);
});
