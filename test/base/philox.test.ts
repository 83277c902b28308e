import fc from 'fast-check';
import { errorFunction } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.ts';
import {
  counterOf,
  drawNormal,
  drawUniform,
  keyOf,
  permutation,
  philox4x32,
  randomWords,
  streamId,
} from '../../src/base/philox.ts';
import { philoxBlock, philoxPermutation, philoxWord } from '../reference/philox.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const source = { seed: 2024, stream: streamId('test'), substream: 5 };

describe('philox4x32', () => {
  // The three lines "philox4x32 10" of Random123's kat_vectors; the Python package randomgen 2.5.1 gives the same.
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as [[number, number, number, number], [number, number], number[]][])(
    'meets the known answer for counter %j, key %j',
    (counter, key, answer) => {
      expect([...philox4x32(counter, key)]).toEqual(answer);
    },
  );

  it('equals the exact-integer reference', () => {
    fc.assert(
      fc.property(fc.tuple(u32, u32, u32, u32), fc.tuple(u32, u32), (counter, key) => {
        expect([...philox4x32(counter, key)]).toEqual(philoxBlock(counter, key));
      }),
      { numRuns: 500 },
    );
  });
});

describe('streams', () => {
  // Computed with the Python package randomgen 2.5.1: Philox(key, counter - 1, number=4, width=32).random_raw(4).
  it('lays seed, stream, substream and offset out as cuRAND does', () => {
    const words = randomWords({ seed: 0x1234567890abc, stream: 7, substream: 3 }, 8, 2 ** 35);
    expect([...words]).toEqual([
      0xf6d55a62, 0x56f20c06, 0x76a88296, 0x06e1b97f, 0x9291dd36, 0xabe8b0b8, 0x9e267bd5, 0x302c8e48,
    ]);
  });

  it('gives the word at an offset, whatever range it is read in', () => {
    const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const offsets = fc.integer({ min: 0, max: 2 ** 50 });
    fc.assert(
      fc.property(
        seeds,
        u32,
        u32,
        offsets,
        fc.integer({ min: 0, max: 9 }),
        (seed, stream, substream, offset, count) => {
          const expected = Array.from({ length: count }, (_, i) => philoxWord(seed, stream, substream, offset + i));
          expect([...randomWords({ seed, stream, substream }, count, offset)]).toEqual(expected);
        },
      ),
    );
  });

  it('splits large seeds and blocks into words', () => {
    expect(keyOf(Number.MAX_SAFE_INTEGER)).toEqual([0xffffffff, 0x1fffff]);
    expect(counterOf({ seed: 0, stream: 8, substream: 9 }, 2 ** 32 + 6)).toEqual([6, 1, 8, 9]);
  });

  // Test vectors of FNV-1a, 32 bits, from the authors' list (Fowler, Noll, Vo).
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('hashes the purpose %j by FNV-1a', (purpose, hash) => {
    expect(streamId(purpose)).toBe(hash);
  });

  it.each([
    [{ ...source, seed: -1 }, /seed is -1: it must be an integer from 0 to 9007199254740991/],
    [{ ...source, seed: 1.5 }, /seed is 1.5/],
    [{ ...source, seed: 2 ** 53 }, /seed is 9007199254740992/],
    [{ ...source, stream: 2 ** 32 }, /stream is 4294967296: it must be an integer from 0 to 4294967295/],
    [{ ...source, substream: -3 }, /substream is -3/],
  ])('refuses %j', (wrong, message) => {
    expect(() => randomWords(wrong, 1)).toThrow(message);
    expect(() => permutation(3, wrong)).toThrow(message);
    expect(() => randomWords(wrong, 1)).toThrow(InputError);
  });
});

describe('drawUniform', () => {
  it('is the upper 24 bits of each word, times 2^-24, exactly', () => {
    const words = randomWords(source, 1001, 3);
    expect([...drawUniform(source, 1001, 3)]).toEqual(Array.from(words, (word) => Math.floor(word / 256) / 2 ** 24));
  });
});

describe('drawNormal', () => {
  it('is Box-Muller on pairs of words', () => {
    const [a, b, c, d] = randomWords(source, 4, 2).map((word) => word >>> 8);
    const pair = (u: number, v: number) => {
      const radius = Math.sqrt(-2 * Math.log((u + 1) / 2 ** 24));
      return [radius * Math.cos((2 * Math.PI * v) / 2 ** 24), radius * Math.sin((2 * Math.PI * v) / 2 ** 24)];
    };
    // An odd count leaves the second of the last pair out; the order of float64 operations may differ: one f32 ulp.
    const expected = [...pair(a, b), ...pair(c, d)].slice(0, 3);
    drawNormal(source, 3, 2).forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(2 ** -23 * Math.abs(expected[i]));
    });
  });

  it('has the standard normal distribution, by Kolmogorov and Smirnov', () => {
    const n = 200_000;
    const sorted = drawNormal(source, n).sort();
    const distance = sorted.reduce((largest, value, i) => {
      const expected = 0.5 * (1 + errorFunction(value / Math.SQRT2));
      return Math.max(largest, Math.abs(expected - i / n), Math.abs(expected - (i + 1) / n));
    }, 0);
    // P(sqrt(n) D > 1.95) = 0.001 for the right distribution; the seed is fixed, so the test is not flaky.
    expect(Math.sqrt(n) * distance).toBeLessThan(1.95);
  });

  it('is uncorrelated between the two of a pair', () => {
    const n = 100_000;
    const values = drawNormal(source, 2 * n);
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[2 * i] * values[2 * i + 1];
    // The mean of n products of independent standard normals has standard deviation 1/sqrt(n).
    expect(Math.abs(sum / n)).toBeLessThan(4 / Math.sqrt(n));
  });

  it('refuses an odd offset', () => {
    expect(() => drawNormal(source, 2, 1)).toThrow(/offset is 1: .* must be even/);
  });
});

describe('permutation', () => {
  it('equals the exact-integer reference, rejected words included', () => {
    const n = 300_000;
    const { order, drawn } = philoxPermutation(n, source.seed, source.stream, source.substream);
    // Without a rejection the comparison would not see a missing one.
    expect(drawn).toBeGreaterThan(n - 1);
    // Not toEqual: it would print 300,000 differences.
    expect(permutation(n, source).findIndex((value, i) => value !== order[i])).toBe(-1);
  });

  it('makes every order of four equally likely', () => {
    const counts = new Map<string, number>();
    const trials = 24_000;
    for (let substream = 0; substream < trials; substream++) {
      const order = permutation(4, { ...source, substream }).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 99.9 % point of chi-squared with 23 degrees of freedom (scipy: chi2.ppf(0.999, 23)).
    expect(chiSquared).toBeLessThan(49.728);
  });

  it('takes the sizes 0 and 1', () => {
    expect([...permutation(0, source)]).toEqual([]);
    expect([...permutation(1, source)]).toEqual([0]);
    expect(() => permutation(2.5, source)).toThrow(InputError);
  });
});
