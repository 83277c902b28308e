import type { NormName } from '../../norms.ts';

/** Row `i` of a matrix of so many columns, not copied. */
export const rowOf = (matrix: Float32Array, i: number, width: number): Float32Array =>
  matrix.subarray(i * width, (i + 1) * width);

/** Some rows of a matrix, copied together. */
export function gather(matrix: Float32Array, rows: readonly number[], width: number): Float32Array {
  const gathered = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    gathered.set(rowOf(matrix, row, width), i * width);
  });
  return gathered;
}

/** The labels of some rows. */
export const gatherLabels = (labels: Int32Array, rows: readonly number[]): Int32Array =>
  Int32Array.from(rows, (row) => labels[row]);

/** The place of the largest number, the first of several. */
export function largestPlace(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** How far the best class other than `label` is ahead of it: above 0 where the model is wrong. */
export function lead(logits: ArrayLike<number>, label: number): number {
  let other = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) if (i !== label && logits[i] > other) other = logits[i];
  return other - logits[label];
}

export const clipPixel = (value: number): number => Math.min(1, Math.max(0, value));

/** The norm of a vector, or of the difference of two. */
export function lengthOf(a: ArrayLike<number>, norm: NormName, b?: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(b === undefined ? a[i] : a[i] - b[i]);
    if (norm === 'inf') total = Math.max(total, difference);
    else total += norm === '1' ? difference : difference * difference;
  }
  return norm === '2' ? Math.sqrt(total) : total;
}

/** For each of `size` rows whether it is among some. */
export function marked(size: number, rows: Iterable<number>): boolean[] {
  const flags = new Array<boolean>(size).fill(false);
  for (const row of rows) flags[row] = true;
  return flags;
}
