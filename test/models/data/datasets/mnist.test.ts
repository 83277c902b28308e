import { expect, test } from 'vitest';
import { mnist } from '../../../../src/models/data/datasets/mnist.ts';
import { loadDataset } from '../../../../src/models/data/load.node.ts';

test('the files have the images that are declared', async () => {
  const { train, test, channels, height, width } = await loadDataset({ name: 'mnist' });
  const counts = (labels: Uint8Array) =>
    Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);
  expect(mnist.counts).toEqual({ train: counts(train.labels), test: counts(test.labels) });
  expect(mnist.image).toEqual([channels, height, width]);
});
