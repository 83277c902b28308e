/** Side of a block. */
export const BLOCK = 8;

/** Quantisation of brightness: ITU-T T.81, table K.1, row by row. */
export const LUMINANCE: readonly number[] = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];

/** Quantisation of differences in colour: ITU-T T.81, table K.2. */
export const CHROMINANCE: readonly number[] = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99,
];

/** A table at a quality from 1 to 100, as libjpeg's `jpeg_set_quality` scales it: 50 leaves it as it is, 100 makes it all ones. */
export function quantisation(table: readonly number[], quality: number): Float32Array {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return Float32Array.from(table, (step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
}

/**
 * The discrete cosine transform of a block of 8 × 8 as a matrix [64, 64]: row (u, v), column (y, x), T.81 section A.3.3. Its
 * transpose is its inverse.
 */
export function cosineTransform(): Float32Array {
  const wave = (frequency: number, place: number) =>
    Math.sqrt((frequency === 0 ? 1 : 2) / BLOCK) * Math.cos(((2 * place + 1) * frequency * Math.PI) / (2 * BLOCK));
  const split = (index: number) => [Math.floor(index / BLOCK), index % BLOCK];
  return Float32Array.from({ length: BLOCK ** 4 }, (_, at) => {
    const [u, v] = split(Math.floor(at / BLOCK ** 2));
    const [y, x] = split(at % BLOCK ** 2);
    return wave(u, y) * wave(v, x);
  });
}
