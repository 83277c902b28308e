/**
 * Sums of products of the columns of long matrices: the innermost loops of every fit. A value is read once for several products.
 */

/** Rows that are taken together: few enough to stay in the processor's cache. */
export const STRETCH = 256;

/** Values that a row-major matrix must hold after its last row, as a tile of products may read beyond it (and discards the result). */
export const OVERHANG = 8;

/** A row-major matrix with `columns` values a row, and OVERHANG values of any kind after the last. */
export interface RowMajor {
  readonly matrix: Float64Array;
  readonly columns: number;
}

/**
 * target[origin + a · stride + b] += sum over the rows start + i, i < count, of weights[i] · left[a] · right[b].
 * @param left only its first `leftColumns` columns
 * @param lower only b <= a matters, as left and right are the same; some others are summed, too
 */
export function addCrossProducts(
  left: RowMajor,
  leftColumns: number,
  right: RowMajor,
  weights: Float64Array,
  start: number,
  count: number,
  lower: boolean,
  target: Float64Array,
  origin: number,
  stride: number,
): void {
  const tile = new Float64Array(8);
  if (leftColumns === 1) {
    for (let b = 0; b < right.columns; b += 8) {
      const width = Math.min(8, right.columns - b);
      if (width > 2) sumRow(left, right, b, weights, start, count, tile);
      else sumPair(left, right, b, weights, start, count, tile);
      for (let k = 0; k < width; k++) target[origin + b + k] += tile[k];
    }
    return;
  }
  for (let a = 0; a < leftColumns; a += 2) {
    for (let b = 0; b < (lower ? Math.min(a + 2, right.columns) : right.columns); b += 4) {
      sumTile(left, a, right, b, weights, start, count, tile);
      for (let k = 0; k < 4 && b + k < right.columns; k++) {
        target[origin + a * stride + b + k] += tile[k];
        if (a + 1 < leftColumns) target[origin + (a + 1) * stride + b + k] += tile[4 + k];
      }
    }
  }
}

/** Sums of two columns of `left` from `a` on times four of `right` from `b` on, kept in registers. */
function sumTile(
  { matrix: left, columns: leftColumns }: RowMajor,
  a: number,
  { matrix: right, columns: rightColumns }: RowMajor,
  b: number,
  weights: Float64Array,
  start: number,
  count: number,
  tile: Float64Array,
): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let p = start * leftColumns + a;
  let q = start * rightColumns + b;
  for (let i = 0; i < count; i++) {
    const x = weights[i] * left[p];
    const y = weights[i] * left[p + 1];
    const v0 = right[q];
    const v1 = right[q + 1];
    const v2 = right[q + 2];
    const v3 = right[q + 3];
    s00 += x * v0;
    s01 += x * v1;
    s02 += x * v2;
    s03 += x * v3;
    s10 += y * v0;
    s11 += y * v1;
    s12 += y * v2;
    s13 += y * v3;
    p += leftColumns;
    q += rightColumns;
  }
  tile[0] = s00;
  tile[1] = s01;
  tile[2] = s02;
  tile[3] = s03;
  tile[4] = s10;
  tile[5] = s11;
  tile[6] = s12;
  tile[7] = s13;
}

/** Sums of the first column of `left` times eight of `right` from `b` on. */
function sumRow(
  { matrix: left, columns: leftColumns }: RowMajor,
  { matrix: right, columns: rightColumns }: RowMajor,
  b: number,
  weights: Float64Array,
  start: number,
  count: number,
  tile: Float64Array,
): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  let p = start * leftColumns;
  let q = start * rightColumns + b;
  for (let i = 0; i < count; i++) {
    const x = weights[i] * left[p];
    s0 += x * right[q];
    s1 += x * right[q + 1];
    s2 += x * right[q + 2];
    s3 += x * right[q + 3];
    s4 += x * right[q + 4];
    s5 += x * right[q + 5];
    s6 += x * right[q + 6];
    s7 += x * right[q + 7];
    p += leftColumns;
    q += rightColumns;
  }
  tile.set([s0, s1, s2, s3, s4, s5, s6, s7]);
}

/** Sums of the first column of `left` times two of `right` from `b` on. */
function sumPair(
  { matrix: left, columns: leftColumns }: RowMajor,
  { matrix: right, columns: rightColumns }: RowMajor,
  b: number,
  weights: Float64Array,
  start: number,
  count: number,
  tile: Float64Array,
): void {
  let s0 = 0;
  let s1 = 0;
  let p = start * leftColumns;
  let q = start * rightColumns + b;
  for (let i = 0; i < count; i++) {
    const x = weights[i] * left[p];
    s0 += x * right[q];
    s1 += x * right[q + 1];
    p += leftColumns;
    q += rightColumns;
  }
  tile[0] = s0;
  tile[1] = s1;
}

/** out[i] = row start + i of the matrix · factors[offset ...], for i < count. */
export function predictRows(
  { matrix, columns }: RowMajor,
  factors: Float64Array,
  offset: number,
  start: number,
  count: number,
  out: Float64Array,
): void {
  let k = start * columns;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += matrix[k + c] * factors[offset + c];
    out[i] = sum;
    k += columns;
  }
}

/** Dot products of one column with each of the others. */
export function dotProducts(column: Float64Array, others: readonly Float64Array[]): Float64Array {
  const last = others.length - 1;
  const products = new Float64Array(others.length);
  for (let k = 0; k <= last; k += 4) {
    const four = dotFour(
      column,
      others[k],
      others[Math.min(k + 1, last)],
      others[Math.min(k + 2, last)],
      others[Math.min(k + 3, last)],
    );
    for (let j = 0; j < 4 && k + j <= last; j++) products[k + j] = four[j];
  }
  return products;
}

function dotFour(
  column: Float64Array,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
): readonly number[] {
  let sa = 0;
  let sb = 0;
  let sc = 0;
  let sd = 0;
  for (let i = 0; i < column.length; i++) {
    const value = column[i];
    sa += value * a[i];
    sb += value * b[i];
    sc += value * c[i];
    sd += value * d[i];
  }
  return [sa, sb, sc, sd];
}

/** column -= sum of shares[k] · others[k]. */
export function subtractCombination(column: Float64Array, others: readonly Float64Array[], shares: Float64Array): void {
  let k = 0;
  for (; k + 3 < others.length; k += 4) {
    subtractFour(column, others[k], others[k + 1], others[k + 2], others[k + 3], shares.subarray(k, k + 4));
  }
  for (; k < others.length; k++) {
    const other = others[k];
    const share = shares[k];
    for (let i = 0; i < column.length; i++) column[i] -= share * other[i];
  }
}

function subtractFour(
  column: Float64Array,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
  [fa, fb, fc, fd]: Float64Array,
): void {
  for (let i = 0; i < column.length; i++) column[i] -= fa * a[i] + fb * b[i] + fc * c[i] + fd * d[i];
}
