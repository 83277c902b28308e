/** The number of a small floating-point format nearest to x, ties to even, by its definition: a multiple of its unit at that size. */
function rounded(x: number, { fraction, lowest, largest, endless }: typeof f16): number {
  if (x === 0 || Number.isNaN(x)) return x;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), lowest);
  const unit = 2 ** (exponent - fraction);
  const below = Math.floor(x / unit);
  const rest = x / unit - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  const nearest = (below + Number(up)) * unit;
  if (Math.abs(nearest) <= largest) return nearest;
  return Math.sign(x) * (endless ? Number.POSITIVE_INFINITY : largest);
}

const f16 = { fraction: 10, lowest: -14, largest: 65504, endless: true };
const f8e4m3 = { fraction: 3, lowest: -6, largest: 448, endless: false };
const f8e5m2 = { fraction: 2, lowest: -14, largest: 57344, endless: false };

/** IEEE binary16. */
export const roundF16 = (x: number): number => rounded(x, f16);
/** OCP E4M3FN, saturating. */
export const roundF8e4m3 = (x: number): number => rounded(x, f8e4m3);
/** OCP E5M2, saturating. */
export const roundF8e5m2 = (x: number): number => rounded(x, f8e5m2);
