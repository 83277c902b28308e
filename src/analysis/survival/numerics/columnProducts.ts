/** Products of whole columns, four at a time, so that the column they share is read once for four. */

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
