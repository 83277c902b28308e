import type { ImageShape } from '../../../../../models/index.ts';

/** Sides of the blocks, as in JPEG; those at the right and lower edge may be smaller. */
const SIDE = 8;

/** The orthonormal cosine transform of a number of points: [frequency][point]. */
const cosines = (size: number): readonly Float64Array[] =>
  Array.from({ length: size }, (_, u) =>
    Float64Array.from(
      { length: size },
      (__, i) => Math.sqrt((u === 0 ? 1 : 2) / size) * Math.cos(((2 * i + 1) * u * Math.PI) / (2 * size)),
    ),
  );

const tables = Array.from({ length: SIDE + 1 }, (_, size) => cosines(size));

/** Transforms `count` values that lie `stride` apart, in place. */
function transform(
  values: Float64Array,
  first: number,
  { stride, count, back }: { readonly stride: number; readonly count: number; readonly back: boolean },
): void {
  const before = Float64Array.from({ length: count }, (_, i) => values[first + i * stride]);
  const table = tables[count];
  for (let u = 0; u < count; u++) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += before[i] * (back ? table[i][u] : table[u][i]);
    values[first + u * stride] = sum;
  }
}

/**
 * The two-dimensional cosine transform of each block of 8×8 pixels of each channel, orthonormal.
 * @param image [C, H, W]
 * @param back whether the inverse is meant, from coefficients to pixels
 * @returns [C, H, W]: coefficients stand where the pixels of their block do
 */
export function blockCosines(
  image: ArrayLike<number>,
  [channels, height, width]: ImageShape,
  { back }: { readonly back: boolean },
): Float64Array {
  const values = Float64Array.from(image);
  for (let plane = 0; plane < channels * height * width; plane += height * width) {
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x += SIDE)
        transform(values, plane + y * width + x, { stride: 1, count: Math.min(SIDE, width - x), back });
    for (let x = 0; x < width; x++)
      for (let y = 0; y < height; y += SIDE)
        transform(values, plane + y * width + x, { stride: width, count: Math.min(SIDE, height - y), back });
  }
  return values;
}
