/** Error function in float64, to 1e-15: 2/√π e^(-x²) (x + 2x³/3 + 4x⁵/15 + …), whose terms have one sign; from 6 on it is 1. */
export function erf(x: number): number {
  if (Number.isNaN(x) || Math.abs(x) >= 6) return Number.isNaN(x) ? x : Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}
