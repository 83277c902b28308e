/**
 * Moduli of exact matrix products: 2^32, by the wrapping products of i32, and the largest odd numbers below 2^13 of
 * which no two have a common factor, so that more than a hundred products of two residues (about 4096 at most) can be
 * added in i32.
 */
function coprimeModuli(count: number): number[] {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const moduli: number[] = [];
  for (let p = 8191; moduli.length < count; p -= 2) if (moduli.every((q) => divisor(p, q) === 1)) moduli.push(p);
  return moduli;
}

/** The odd moduli, a multiple of four: kernels compute with four at a time. With 2^32 they hold 343 bits. */
export const moduli: readonly number[] = coprimeModuli(24);

/** Powers of two in the table: beyond them the moduli do not suffice anyway. */
export const POWERS = 384;

/** Bits of a digit of the integers that kernels put together: |digit| ≤ 2^12 times the digits of 24 products stays below 2^31. */
export const LIMB_BITS = 14;

/** Digits that the largest integer divided by 2^32 has, with its sign. */
export const LIMBS = 24;

/** The residue from -p/2 to p/2. */
const balanced = (x: bigint, p: number): number => {
  const residue = Number(((x % BigInt(p)) + BigInt(p)) % BigInt(p));
  return residue > p / 2 ? residue - p : residue;
};

/** The product of the first odd moduli. */
const productOf = (count: number): bigint => moduli.slice(0, count).reduce((product, p) => product * BigInt(p), 1n);

function inverse(x: bigint, p: number): bigint {
  const residue = ((x % BigInt(p)) + BigInt(p)) % BigInt(p);
  let [a, b, u, v] = [residue, BigInt(p), 1n, 0n];
  while (b !== 0n) [a, b, u, v] = [b, a % b, v, u - (a / b) * v];
  return u;
}

/** For the kernels that split numbers: 2^s modulo each of the moduli, for s from 0, two in a word (the lower half first). */
export function residueTable(): Uint32Array {
  const table = new Uint32Array((POWERS * moduli.length) / 2);
  const powers = moduli.map(() => 1);
  for (let s = 0; s < POWERS; s++)
    moduli.forEach((p, i) => {
      const at = (s * moduli.length + i) >> 1;
      table[at] |= (balanced(BigInt(powers[i]), p) & 0xffff) << (i % 2 === 0 ? 0 : 16);
      powers[i] = (2 * powers[i]) % p;
    });
  return table;
}

/** 2^bits modulo each of the moduli. */
export const powerResidues = (bits: number): number[] => moduli.map((p) => balanced(1n << BigInt(bits), p));

/** Numbers of a row of `digitFactors`. */
export const FACTORS = 4 + moduli.length;

/**
 * How digits of mixed radix follow from residues (Garner 1959). The integer is x0 + 2^32 (d0 + p0 (d1 + p1 (d2 + …)));
 * row n is what the residue modulo p_n, the lowest 11 bits of x0, the next 11, the last 10, and d0, d1, … are
 * multiplied with, and the sum is d_n modulo p_n.
 */
export function digitFactors(): number[] {
  return moduli.flatMap((p, n) => {
    const before = inverse(productOf(n), p);
    const ofResidue = before * inverse(1n << 32n, p);
    return [
      ...[ofResidue, -ofResidue, -ofResidue << 11n, -ofResidue << 22n],
      ...moduli.map((_, j) => (j < n ? -before * productOf(j) : 0n)),
    ].map((factor) => balanced(factor, p));
  });
}

/** The place values 1, p0, p0 p1, … of the digits, `LIMBS` limbs each. */
export function placeValues(): number[] {
  return moduli.flatMap((_, n) => {
    const value = productOf(n);
    return Array.from({ length: LIMBS }, (_, l) =>
      Number((value >> BigInt(LIMB_BITS * l)) & ((1n << BigInt(LIMB_BITS)) - 1n)),
    );
  });
}

/**
 * How many bits sums, with their sign, may have so that 2^32 and the first 1, 2, … odd moduli tell them apart. A
 * fiftieth is left, because digits of mixed radix may be a little more than half a modulus.
 */
export const capacities = (): number[] =>
  moduli.map((_, i) => ((productOf(i + 1) << 32n) - (productOf(i + 1) << 32n) / 50n).toString(2).length - 1);
