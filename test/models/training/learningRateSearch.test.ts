import { expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import type { Dataset } from '../../../src/models/data/dataset.ts';
import { type SearchTrial, searchLearningRate } from '../../../src/models/training/learningRateSearch.ts';
import { useDevice } from '../../support/checkOp.ts';
import { linearModel } from '../../support/linearModel.ts';

const device = useDevice();
const model = linearModel([1, 1, 2], 2);

/** Bright left pixels are class 0, bright right ones class 1. */
const split = {
  images: Uint8Array.from({ length: 80 }, (_, i) => (i % 2 === (i >> 1) % 2 ? 255 : 40 + (i % 7))),
  labels: Uint8Array.from({ length: 40 }, (_, i) => i % 2),
  count: 40,
};
const dataset: Dataset = { name: 'sides', classes: 2, channels: 1, height: 1, width: 2, train: split, test: split };
const options = { epochs: 3, batchSize: 4, seed: 5, momentum: 0, weightDecay: 0.001, validation: split };

test('the learning rate with the highest accuracy on the validation images wins; divergence counts as worst', async () => {
  const told: SearchTrial[] = [];
  const before = device().allocatedBytes;
  const { best, trials } = await searchLearningRate(device(), model, dataset, {
    ...options,
    learningRates: [1e30, 1e-30, 0.5],
    onTrial: (trial) => told.push(trial),
  });
  expect(best).toBe(0.5);
  expect(told).toEqual(trials);
  expect(trials.map(({ learningRate }) => learningRate)).toEqual([1e30, 1e-30, 0.5]);
  expect(trials[0]).toMatchObject({
    accuracy: null,
    loss: null,
    divergence: expect.stringMatching(/^training diverged/),
  });
  expect(trials[1].accuracy).toBeLessThan(1);
  expect(trials[2].accuracy).toBe(1);
  expect(device().allocatedBytes).toBe(before);
});

test('of equal accuracies the lower loss wins', async () => {
  const { best, trials } = await searchLearningRate(device(), model, dataset, { ...options, learningRates: [0.5, 2] });
  expect(trials.map(({ accuracy }) => accuracy)).toEqual([1, 1]);
  expect(best).toBe(2);
});

test('refuses when all diverge', async () => {
  await expect(
    searchLearningRate(device(), model, dataset, { ...options, learningRates: [1e30, 1e31] }),
  ).rejects.toThrow(new InputError('training diverges with every learning rate of 1e+30, 1e+31; try lower ones'));
});
