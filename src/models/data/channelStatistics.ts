import type { Normalisation } from '../network/layers.ts';
import type { Split } from './dataset.ts';

/**
 * Mean and standard deviation of each channel over all images of a split, pixels in [0, 1]. A channel of one value gets the
 * standard deviation 1, so that normalising it is possible.
 */
export function channelStatistics({ images, count }: Split, channels: number): Normalisation {
  const area = images.length / (count * channels);
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let plane = 0; plane < count * channels; plane++) {
    let [sum, square] = [0, 0];
    for (let at = plane * area; at < (plane + 1) * area; at++) {
      sum += images[at];
      square += images[at] * images[at];
    }
    sums[plane % channels] += sum;
    squares[plane % channels] += square;
  }
  const n = count * area;
  // Sums of bytes and of their squares are exact in float64, so the difference loses nothing before its last rounding.
  const variance = (channel: number) => (n * squares[channel] - sums[channel] ** 2) / (n * n * 255 * 255);
  return {
    mean: Array.from(sums, (sum) => sum / (n * 255)),
    standardDeviation: Array.from(sums, (_, channel) => Math.sqrt(variance(channel)) || 1),
  };
}
