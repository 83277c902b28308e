import type { Image } from './image.ts';

/**
 * The middle `side` x `side` pixels of an image; where it is smaller, black is added around it: torchvision's `CenterCrop(side)`. Of an odd
 * number of pixels that are left over, the larger half goes where torchvision's rounding puts it.
 */
export function centreCrop({ channels, height, width, pixels }: Image, side: number): Image {
  const [top, left] = [cornerOf(height, side), cornerOf(width, side)];
  const out = new Uint8Array(channels * side * side);
  const [from, to] = [Math.max(0, left), Math.min(width, left + side)];
  for (let c = 0; c < channels; c++)
    for (let y = Math.max(0, -top); y < Math.min(side, height - top); y++) {
      const row = (c * height + top + y) * width;
      out.set(pixels.subarray(row + from, row + to), (c * side + y) * side + from - left);
    }
  return { channels, height: side, width: side, pixels: out };
}

/** Where the crop begins; negative where the image begins inside it. */
function cornerOf(size: number, side: number): number {
  if (side > size) return -Math.floor((side - size) / 2);
  const half = (size - side) / 2;
  // Python's round() takes halves to the even number.
  return half % 1 === 0.5 ? 2 * Math.round(half / 2) : half;
}
