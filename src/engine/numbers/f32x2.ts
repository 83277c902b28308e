/**
 * A number as the sum of two f32, the second at most half a unit in the last place of the first: about 48 bits, more where the second
 * is far smaller. Infinities and NaN have the second number 0.
 */
export function encodeF32x2(x: number): [high: number, low: number] {
  const high = Math.fround(x);
  return [high, Number.isFinite(high) ? Math.fround(x - high) : 0];
}

/** The float64 nearest to the sum. */
export const decodeF32x2 = (high: number, low: number): number => (low === 0 ? high : high + low);
