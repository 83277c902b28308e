/** Numbers as they stand in the table: the shortest text that is the same f32, powers of two as such. */
export function numberText(x: number): string {
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x < 0 ? '-∞' : '∞';
  if (x === 0) return Object.is(x, -0) ? '-0' : '0';
  const sign = x < 0 ? '-' : '';
  const size = Math.abs(x);
  const exponent = Math.log2(size);
  if (Number.isInteger(exponent) && Math.abs(exponent) >= 10) return `${sign}2^${exponent}`;
  if (Number.isInteger(size) && size < 2 ** 33) return `${sign}${size}`;
  for (let digits = 1; ; digits++) {
    const text = Number(size.toPrecision(digits));
    if (digits >= 9 || Math.fround(text) === Math.fround(size)) return `${sign}${text}`;
  }
}

/** An error, with two digits. */
export const errorText = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(2))) : '∞');
