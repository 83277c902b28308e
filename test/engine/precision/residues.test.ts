import { expect, it } from 'vitest';
import { capacities, garnerInverses, moduli, POWERS, residueTable } from '../../../src/engine/precision/residues.ts';

it('the moduli are odd, below 2048, and no two have a common factor', () => {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  moduli.forEach((p, i) => {
    expect(p % 2).toBe(1);
    // Sixteen products of residues and one residue are exact in f32.
    expect(16 * ((p - 1) / 2) ** 2 + (p - 1) / 2).toBeLessThan(2 ** 24);
    for (const q of moduli.slice(0, i)) expect(divisor(p, q)).toBe(1);
  });
});

it('the tables hold what they say (BigInt)', () => {
  const table = residueTable();
  expect(table.length).toBe((5 + POWERS) * moduli.length);
  const residue = (x: number, p: number) => ((x % p) + p) % p;
  moduli.forEach((p, i) => {
    const at = 20 * Math.floor(i / 4) + (i % 4);
    const powers = [16, 32, 48].map((bits) => Number(2n ** BigInt(bits) % BigInt(p)));
    expect([table[at], table[at + 8], table[at + 12], table[at + 16]]).toEqual([p, ...powers]);
    expect(table[at + 4]).toBe(Math.fround(1 / p));
    for (const s of [0, 1, 10, 11, 100, POWERS - 1]) {
      const power = table[5 * moduli.length + s * moduli.length + i];
      expect(Math.abs(power)).toBeLessThan(p / 2);
      expect(residue(power, p)).toBe(Number(2n ** BigInt(s) % BigInt(p)));
    }
    const before = moduli.slice(0, i).reduce((product, q) => product * BigInt(q), 1n);
    expect(residue(garnerInverses()[i] * Number(before % BigInt(p)), p)).toBe(1);
    expect(2n ** BigInt(capacities()[i])).toBeLessThan(before * BigInt(p));
    expect(2n ** BigInt(capacities()[i] + 1)).toBeGreaterThan(before * BigInt(p));
  });
});
