import { dyadic, nearestDouble } from '../../bench/fidelity/exact.ts';

/** All products of two float64 are whole multiples of 2^-2148. */
const LOWEST = -2148;

/** A sum of products: exact in BigInt, rounded once by `result`; infinities and NaN as IEEE 754 has them. */
export class ExactSum {
  private total = 0n;
  private special = 0;

  add(a: number, b: number): void {
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      // Products of finite numbers do not change a sum that has infinities, even where they would overflow.
      this.special += (Number.isFinite(a) ? Math.sign(a) : a) * (Number.isFinite(b) ? Math.sign(b) : b);
      return;
    }
    if (a === 0 || b === 0) return;
    const x = dyadic(a);
    const y = dyadic(b);
    this.total += (x.significand * y.significand) << BigInt(x.exponent + y.exponent - LOWEST);
  }

  result(): number {
    return this.special === 0 ? nearestDouble({ significand: this.total, exponent: LOWEST }) : this.special;
  }
}

/** a [M, K] · b [K, N], each element the exact sum rounded once. */
export function exactMatmul(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [rows, depth, columns]: readonly [number, number, number],
): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const sum = new ExactSum();
    for (let k = 0; k < depth; k++) sum.add(a[Math.floor(i / columns) * depth + k], b[k * columns + (i % columns)]);
    return sum.result();
  });
}
