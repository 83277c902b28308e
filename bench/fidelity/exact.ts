/** Numbers of any size and precision, for references that no rounding of binary64 has touched. */

/** significand · 2^exponent. */
export interface Dyadic {
  readonly significand: bigint;
  readonly exponent: number;
}

const double = new Float64Array(1);
const bits = new BigUint64Array(double.buffer);

/** A finite number as it is. */
export function dyadic(x: number): Dyadic {
  double[0] = x;
  const field = Number((bits[0] >> 52n) & 0x7ffn);
  const fraction = bits[0] & 0xfffffffffffffn;
  const size = field === 0 ? fraction : fraction | (1n << 52n);
  return { significand: bits[0] >> 63n ? -size : size, exponent: Math.max(field, 1) - 1075 };
}

/** Length of |x| in bits; 0 for 0. */
export function bitLength(x: bigint): number {
  const digits = (x < 0n ? -x : x).toString(16);
  return digits === '0' ? 0 : 4 * digits.length - Math.clz32(Number.parseInt(digits[0], 16)) + 28;
}

/** The float64 nearest to a number, ties to even. Zero is +0. */
export function nearestDouble({ significand, exponent }: Dyadic): number {
  if (significand === 0n) return 0;
  const size = significand < 0n ? -significand : significand;
  const highest = exponent + bitLength(size) - 1;
  if (highest > 1023) return significand < 0n ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const lowest = Math.max(highest - 52, -1074);
  const drop = lowest - exponent;
  let kept = drop <= 0 ? size << BigInt(-drop) : size >> BigInt(drop);
  if (drop > 0) {
    const rest = size - (kept << BigInt(drop));
    const half = 1n << BigInt(drop - 1);
    if (rest > half || (rest === half && (kept & 1n) === 1n)) kept++;
  }
  // kept has at most 54 bits and is even where it has 54: exact. 2^lowest may be subnormal, so the factor comes in two parts.
  const value = Number(kept) * 2 ** Math.max(lowest, -1000) * 2 ** Math.min(lowest + 1000, 0);
  return significand < 0n ? -value : value;
}

export const product = (a: Dyadic, b: Dyadic): Dyadic => ({
  significand: a.significand * b.significand,
  exponent: a.exponent + b.exponent,
});

export function sum(a: Dyadic, b: Dyadic): Dyadic {
  const exponent = Math.min(a.exponent, b.exponent);
  const aligned = (x: Dyadic) => x.significand << BigInt(x.exponent - exponent);
  return { significand: aligned(a) + aligned(b), exponent };
}

export const negated = ({ significand, exponent }: Dyadic): Dyadic => ({ significand: -significand, exponent });

/** Bits of a quotient or root that does not end. */
const KEPT = 300;

/** a / b to 299 bits. */
export function quotient(a: Dyadic, b: Dyadic): Dyadic {
  const shift = KEPT + bitLength(b.significand);
  return { significand: (a.significand << BigInt(shift)) / b.significand, exponent: a.exponent - shift - b.exponent };
}

/** The square root of a number above 0, to 299 bits. */
export function squareRoot({ significand, exponent }: Dyadic): Dyadic {
  const shift = 2 * KEPT + (exponent % 2 === 0 ? 0 : 1);
  const square = significand << BigInt(shift);
  // Newton's iteration falls to the root from above.
  let root = 1n << BigInt(Math.ceil(bitLength(square) / 2));
  for (let next = (root + square / root) >> 1n; next < root; next = (root + square / root) >> 1n) root = next;
  return { significand: root, exponent: (exponent - shift) / 2 };
}

/**
 * The float64 that a number is, else of its two neighbours the one with an odd significand: rounds to a shorter format
 * like the number itself.
 */
export function oddDouble(exact: Dyadic): number {
  const nearest = nearestDouble(exact);
  if (!Number.isFinite(nearest)) return nearest;
  const { significand: rest } = sum(exact, negated(dyadic(nearest)));
  double[0] = nearest;
  if (rest === 0n || (bits[0] & 1n) === 1n) return nearest;
  if (nearest === 0) return rest > 0n ? Number.MIN_VALUE : -Number.MIN_VALUE;
  bits[0] += rest > 0n === nearest > 0 ? 1n : -1n;
  return double[0];
}

/** |actual - exact| in units in the last place that a number near `exact` has with so many bits of significand. */
export function errorInUlp(actual: number, exact: Dyadic, significandBits: number, smallestExponent = -1074): number {
  if (exact.significand === 0n) return actual === 0 ? 0 : Number.POSITIVE_INFINITY;
  const { significand, exponent } = sum(dyadic(actual), { ...exact, significand: -exact.significand });
  const ulp = Math.max(exact.exponent + bitLength(exact.significand) - significandBits, smallestExponent);
  const length = bitLength(significand);
  // Ten digits of the quotient are enough.
  const shift = Math.max(length - 40, 0);
  const size = significand < 0n ? -significand : significand;
  return Number(size >> BigInt(shift)) * 2 ** (exponent + shift - ulp);
}

/** Bits after the point of the series below. */
const PLACES = 300;
const ONE = 1n << BigInt(PLACES);

/** 2 artanh(1 / 3) = ln 2. */
const LN2 = artanhSeries(ONE / 3n) * 2n;

/** π by Machin's formula, to 290 bits. */
export const PI: Dyadic = {
  significand: 16n * arctangentOfInverse(5n) - 4n * arctangentOfInverse(239n),
  exponent: -PLACES,
};

/** arctan(1 / n) in units of 2^-PLACES. */
function arctangentOfInverse(n: bigint): bigint {
  let total = 0n;
  let power = ONE / n;
  for (let k = 1n; power !== 0n; k += 2n) {
    total += (k % 4n === 1n ? power : -power) / k;
    power /= n * n;
  }
  return total;
}

/** artanh s for a fraction |s| <= 1/3. */
function artanhSeries(s: bigint): bigint {
  const square = (s * s) >> BigInt(PLACES);
  let total = 0n;
  let power = s;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    total += power / k;
    power = (power * square) >> BigInt(PLACES);
  }
  return total;
}

const fixed = ({ significand, exponent }: Dyadic): bigint => {
  const shift = exponent + PLACES;
  return shift >= 0 ? significand << BigInt(shift) : significand >> BigInt(-shift);
};

/** e^x to more than 280 bits, |x| < 2000. */
export const exponential = (x: number): Dyadic => exponentialOf(dyadic(x));

/** e^x to more than 280 bits, |x| < 2000. */
export function exponentialOf(x: Dyadic): Dyadic {
  const argument = fixed(x);
  const n = argument / LN2;
  const r = argument - n * LN2;
  let total = ONE;
  let term = ONE;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = ((term * r) >> BigInt(PLACES)) / k;
    total += term;
  }
  return { significand: total, exponent: Number(n) - PLACES };
}

/** (e^(x²) erf x) / x · √π / 2 to more than 200 bits, |x| < 10: the sum of 2ⁿ x²ⁿ / (1 · 3 · 5 ⋯ (2n + 1)). */
export function errorFunctionSeries(x: number): Dyadic {
  const twice = 2n * fixed(product(dyadic(x), dyadic(x)));
  let total = 0n;
  let term = ONE;
  for (let k = 3n; term !== 0n; k += 2n) {
    total += term;
    term = ((term * twice) >> BigInt(PLACES)) / k;
  }
  return { significand: total, exponent: -PLACES };
}

/** ln x to more than 200 bits, x > 0. */
export const logarithm = (x: number): Dyadic => logarithmOf(dyadic(x));

/** ln x to 300 bits after the point, x > 0. */
export function logarithmOf({ significand, exponent }: Dyadic): Dyadic {
  const shift = bitLength(significand) - 1;
  // m in [1, 2), or [1/2, 1) where it is nearer to 1.
  const near = significand << 1n > 3n << BigInt(shift);
  const m = (significand << BigInt(PLACES)) >> BigInt(near ? shift + 1 : shift);
  const s = ((m - ONE) << BigInt(PLACES)) / (m + ONE);
  const e = BigInt(exponent + shift + (near ? 1 : 0));
  return { significand: 2n * artanhSeries(s) + e * LN2, exponent: -PLACES };
}
