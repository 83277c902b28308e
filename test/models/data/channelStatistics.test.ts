import { expect, test } from 'vitest';
import { channelStatistics } from '../../../src/models/data/channelStatistics.ts';
import { loadMnist } from '../../../src/models/data/sources/mnist.node.ts';

test('MNIST’s mean and standard deviation are those that everybody uses', async () => {
  const { train } = await loadMnist();
  const { mean, standardDeviation } = channelStatistics(train, 1);
  // PyTorch's MNIST example: transforms.Normalize((0.1307,), (0.3081,)), rounded to four digits.
  expect(mean[0].toFixed(4)).toBe('0.1307');
  expect(standardDeviation[0].toFixed(4)).toBe('0.3081');
});

test('channels are apart, and a channel of one value has the deviation 1', () => {
  // Two images of two channels of two pixels.
  const images = Uint8Array.of(0, 255, 51, 51, 255, 0, 51, 51);
  const statistics = channelStatistics({ images, labels: Uint8Array.of(0, 1), count: 2 }, 2);
  expect(statistics).toEqual({ mean: [0.5, 0.2], standardDeviation: [0.5, 1] });
});
