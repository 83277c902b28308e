/** Channels and size of square images. */
interface SquareImages {
  readonly inChannels: number;
  readonly imageSize: readonly [height: number, width: number];
}

/**
 * The square images that have a number of values: 3072 are 3 channels of 32×32.
 * @param channels that they may have, the likeliest first
 * @returns null where none fit
 */
export function squareImages(values: number, channels: readonly number[]): SquareImages | null {
  for (const inChannels of channels) {
    const side = Math.sqrt(values / inChannels);
    if (Number.isInteger(side) && side > 0) return { inChannels, imageSize: [side, side] };
  }
  return null;
}
