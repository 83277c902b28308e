/**
 * Moduli of exact matrix products: the largest odd numbers below 2048 of which no two have a common factor, so that products of two
 * residues (at most 1023) can be added sixteen times in f32 without an error.
 */
function coprimeModuli(count: number): number[] {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const moduli: number[] = [];
  for (let p = 2047; moduli.length < count; p -= 2) if (moduli.every((q) => divisor(p, q) === 1)) moduli.push(p);
  return moduli;
}

/** A multiple of four: tables are read as vectors. Together they hold 351 bits. */
export const moduli: readonly number[] = coprimeModuli(32);

/** Powers of two in the table: beyond them the moduli do not suffice anyway. */
export const POWERS = 384;

/** The residue from -p/2 to p/2. */
const balanced = (x: number, p: number): number => {
  const residue = ((x % p) + p) % p;
  return residue > p / 2 ? residue - p : residue;
};

const powerOfTwo = (exponent: number, p: number): number => {
  let power = 1;
  for (let i = 0; i < exponent; i++) power = (2 * power) % p;
  return power;
};

/**
 * Constants of four moduli at a time, for the kernels: the moduli, their inverses, 2^16, 2^32 and 2^48 modulo each; after all of these 2^s
 * modulo each, for s from 0.
 */
export function residueTable(): Float32Array {
  const values: number[] = [];
  for (let four = 0; four < moduli.length; four += 4) {
    const some = moduli.slice(four, four + 4);
    values.push(...some, ...some.map((p) => 1 / p));
    for (const bits of [16, 32, 48]) values.push(...some.map((p) => powerOfTwo(bits, p)));
  }
  const powers = moduli.map(() => 1);
  for (let s = 0; s < POWERS; s++) {
    values.push(...powers.map((power, i) => balanced(power, moduli[i])));
    moduli.forEach((p, i) => {
      powers[i] = (2 * powers[i]) % p;
    });
  }
  return Float32Array.from(values);
}

/** For each modulus the inverse of the product of all before it, from -p/2 to p/2 (Garner's constants). */
export function garnerInverses(): number[] {
  return moduli.map((p, i) => {
    const before = moduli.slice(0, i).reduce((product, q) => (product * q) % p, 1);
    let inverse = 1;
    while ((inverse * before) % p !== 1 % p) inverse++;
    return balanced(inverse, p);
  });
}

/** How many bits numbers may have so that the product of the first 1, 2, … moduli is larger: sums with a sign need one more than their size. */
export function capacities(): number[] {
  let product = 1n;
  return moduli.map((p) => {
    product *= BigInt(p);
    return product.toString(2).length - 1;
  });
}
