import { expect, it } from 'vitest';
import {
  capacities,
  digitFactors,
  FACTORS,
  LIMB_BITS,
  LIMBS,
  moduli,
  POWERS,
  placeValues,
  powerResidues,
  residueTable,
} from '../../../src/engine/numbers/residues.ts';

const residue = (x: bigint, p: number) => Number(((x % BigInt(p)) + BigInt(p)) % BigInt(p));
const productOf = (count: number) => moduli.slice(0, count).reduce((product, q) => product * BigInt(q), 1n);

it('the moduli are odd, below 2^13, and no two have a common factor', () => {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  moduli.forEach((p, i) => {
    expect(p % 2).toBe(1);
    expect(p).toBeLessThan(2 ** 13);
    // Residues may be a little more than p / 2; 112 products of two, and what a folding leaves of a sum below 2^31, are exact in i32.
    expect(112 * ((p - 1) / 2 + 9) ** 2 + 2 ** 18 * (2 ** 13 - p) + 2 ** 13).toBeLessThan(2 ** 31);
    for (const q of moduli.slice(0, i)) expect(divisor(p, q)).toBe(1);
  });
});

it('the tables hold what they say (BigInt)', () => {
  const table = residueTable();
  expect(table.length).toBe((POWERS * moduli.length) / 2);
  moduli.forEach((p, i) => {
    for (const s of [0, 1, 13, 14, 100, POWERS - 1]) {
      const word = table[(s * moduli.length + i) >> 1];
      const power = i % 2 === 0 ? (word << 16) >> 16 : (word | 0) >> 16;
      expect(Math.abs(power)).toBeLessThan(p / 2);
      expect(residue(BigInt(power), p)).toBe(residue(1n << BigInt(s), p));
    }
    expect(Math.abs(powerResidues(42)[i])).toBeLessThan(p / 2);
    expect(residue(BigInt(powerResidues(42)[i]), p)).toBe(residue(1n << 42n, p));
    const places = placeValues().slice(i * LIMBS, (i + 1) * LIMBS);
    expect(places.reduce((sum, limb, l) => sum + (BigInt(limb) << BigInt(LIMB_BITS * l)), 0n)).toBe(productOf(i));
    // One bit for the sign, a fiftieth for digits that are a little larger.
    expect(51n * 2n ** BigInt(capacities()[i])).toBeLessThan(50n * (productOf(i + 1) << 32n));
    expect(50n * 2n ** BigInt(capacities()[i] + 1)).toBeGreaterThan(49n * (productOf(i + 1) << 32n));
  });
});

it('digits of mixed radix give the integer that the residues came from (BigInt)', () => {
  const x = -(3n ** 200n) - 12345678901234567n;
  const low = BigInt.asUintN(32, x);
  const parts = [low & 2047n, (low >> 11n) & 2047n, low >> 22n];
  const factors = digitFactors();
  const digits: bigint[] = [];
  moduli.forEach((p, n) => {
    const row = factors.slice(n * FACTORS, (n + 1) * FACTORS).map(BigInt);
    const terms = [BigInt(residue(x, p)), ...parts, ...digits];
    const digit = residue(
      terms.reduce((sum, term, i) => sum + term * row[i], 0n),
      p,
    );
    digits.push(BigInt(digit > p / 2 ? digit - p : digit));
  });
  const high = digits.reduce((sum, digit, n) => sum + digit * productOf(n), 0n);
  expect(low + (high << 32n)).toBe(x);
});
