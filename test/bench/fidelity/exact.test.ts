import { describe, expect, it } from 'vitest';
import {
  bitLength,
  dyadic,
  errorInUlp,
  exponential,
  logarithm,
  nearestDouble,
  product,
  sum,
} from '../../../bench/fidelity/exact.ts';
import { words } from '../../../bench/fidelity/numbers.ts';

/** Digits of a number, cut off. */
function digits({ significand, exponent }: { significand: bigint; exponent: number }, count: number): string {
  const scaled = (significand * 10n ** BigInt(count)) >> BigInt(-exponent);
  const text = scaled.toString().padStart(count + 1, '0');
  return `${text.slice(0, -count)}.${text.slice(-count)}`;
}

describe('exact numbers', () => {
  it('are what float64 says where it is exact', () => {
    const view = new DataView(new ArrayBuffer(8));
    const next = words(3);
    for (let i = 0; i < 20_000; i++) {
      view.setUint32(0, (((next() & 0x80000000) >>> 0) | ((i % 2047) << 20) | (next() & 0xfffff)) >>> 0);
      view.setUint32(4, next());
      const x = view.getFloat64(0);
      expect(nearestDouble(dyadic(x))).toBe(x === 0 ? 0 : x);
    }
  });

  it('round products and sums as IEEE 754 does: JavaScript computes so', () => {
    const next = words(4);
    const number = (spread: number) =>
      (next() - 2 ** 31) * (1 + next() * 2 ** -53) * 2 ** ((next() % spread) - spread / 2);
    for (let i = 0; i < 20_000; i++) {
      const [a, b] = [number(i % 2 === 0 ? 60 : 1060), number(i % 2 === 0 ? 60 : 1060)];
      expect(nearestDouble(product(dyadic(a), dyadic(b)))).toBe(a * b + 0);
      expect(nearestDouble(sum(dyadic(a), dyadic(b)))).toBe(a + b);
    }
  });

  it('know e, ln 2 and ln 10', () => {
    // Wolfram MathWorld, "e Digits", "Natural Logarithm of 2"; OEIS A002392.
    expect(digits(exponential(1), 50)).toBe('2.71828182845904523536028747135266249775724709369995');
    expect(digits(logarithm(2), 50)).toBe('0.69314718055994530941723212145817656807550013436025');
    expect(digits(logarithm(10), 50)).toBe('2.30258509299404568401799145468436420760110148862877');
    expect(nearestDouble(exponential(-745))).toBe(5e-324);
    expect(nearestDouble(logarithm(1 - 2 ** -53))).toBe(-(2 ** -53));
  });

  it('measure errors in units in the last place', () => {
    expect(errorInUlp(1 + 2 ** -52, dyadic(1), 53)).toBe(1);
    expect(errorInUlp(1, { significand: (1n << 60n) + 1n, exponent: -60 }, 53)).toBe(2 ** -8);
    expect(errorInUlp(5e-324, { significand: 3n, exponent: -1075 }, 53)).toBe(0.5);
    expect([0n, 1n, -8n, 255n, 1n << 100n].map(bitLength)).toEqual([0, 1, 4, 8, 101]);
  });
});
