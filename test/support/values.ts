/** Reproducible values in [-1, 1), exact in f32 (an integer hash, no library). */
export function values(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => {
    let x = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return ((x ^ (x >>> 16)) >>> 8) / 2 ** 23 - 1;
  });
}

/** Reproducible values in (-1, 1) with 48 bits, exact in f32x2 and f64. */
export function longValues(size: number, seed: number): Float64Array {
  const low = values(size, seed + 1000);
  return Float64Array.from(values(size, seed), (value, i) => value + low[i] * 2 ** -25);
}
