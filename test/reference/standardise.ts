/** Rows of x with mean 0 and variance 1. */
export function standardise(x: ArrayLike<number>, length: number, epsilon: number): number[] {
  return Array.from({ length: x.length / length }, (_, row) => {
    const values = Array.from({ length }, (_each, k) => x[row * length + k]);
    const mean = values.reduce((a, b) => a + b) / length;
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / length;
    return values.map((value) => (value - mean) / Math.sqrt(variance + epsilon));
  }).flat();
}
