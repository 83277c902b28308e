import { describe, expect, test } from 'vitest';
import { STRETCH } from '../../../../src/analysis/survival/numerics/columnKernels.ts';
import { momentsOf } from '../../../../src/analysis/survival/numerics/columnMoments.ts';
import {
  addProducts,
  combineColumns,
  filledUp,
  layout,
  scratch,
  writeColumns,
} from '../../../../src/analysis/survival/numerics/stretch.ts';
import { uniform } from '../../../support/survivalFixtures.ts';

/** Columns of the block that `writeColumns` writes: ones, then these. */
function example(rows: number, count: number, seed: number) {
  const random = uniform(seed);
  const sources = Array.from({ length: count }, () => Float64Array.from({ length: rows }, () => 20 * random() - 5));
  const centres = Float64Array.from({ length: count }, random);
  const divisors = Float64Array.from({ length: count }, () => 1 + random());
  const column = (c: number, i: number) => (c === 0 ? 1 : (sources[c - 1][i] - centres[c - 1]) / divisors[c - 1]);
  return { random, columns: { sources, centres, divisors }, column };
}

/** Rounding of sums of at most 300 products, each below 1e3. */
const ROUNDING = 1e-10;

describe.each([
  [1, 0, 1],
  [2, 1, 3],
  [7, 3, 2],
  [8, 4, 5],
  [9, 5, 8],
  [255, 8, 1],
  [256, 9, 12],
])('a stretch of %i rows, blocks of 1 + %i and 1 + %i columns', (rows, one, other) => {
  function setUp() {
    const places = layout();
    const blocks = [places.block(one + 1), places.block(other + 1)];
    const weight = places.block(1);
    const sums = places.target(one + 1, other + 1);
    const own = places.target(one + 1, one + 1);
    const combined = places.block(1);
    const factors = places.target(1, one + 1).at;
    const [left, right] = [example(rows, one, 1), example(rows, other, 2)];
    const memory = scratch(places.size);
    // What somebody else has left there must not matter.
    memory.fill(Number.NaN);
    writeColumns(left.columns, 0, rows, blocks[0]);
    writeColumns(right.columns, 0, rows, blocks[1]);
    const weights = Array.from({ length: rows }, left.random);
    memory.fill(0, weight.at, weight.at + filledUp(rows));
    memory.set(weights, weight.at);
    memory.fill(0, sums.at, combined.at);
    const sumOf = (term: (i: number) => number) => weights.reduce((sum, w, i) => sum + w * term(i), 0);
    return { blocks, weight, sums, own, combined, factors, left, right, memory, sumOf };
  }

  test('products of two blocks, added to what is there', () => {
    const { blocks, weight, sums, left, right, memory, sumOf } = setUp();
    addProducts(blocks[0], blocks[1], weight, rows, sums);
    addProducts(blocks[0], blocks[1], weight, rows, sums);
    for (let a = 0; a <= one; a++) {
      for (let b = 0; b <= other; b++) {
        const expected = 2 * sumOf((i) => left.column(a, i) * right.column(b, i));
        expect(Math.abs(memory[sums.at + a * sums.stride + b] - expected)).toBeLessThan(ROUNDING);
      }
    }
  });

  test('the lower triangle of a block with itself', () => {
    const { blocks, weight, own, left, memory, sumOf } = setUp();
    addProducts(blocks[0], blocks[0], weight, rows, own, true);
    for (let a = 0; a <= one; a++) {
      for (let b = 0; b <= a; b++) {
        const expected = sumOf((i) => left.column(a, i) * left.column(b, i));
        expect(Math.abs(memory[own.at + a * own.stride + b] - expected)).toBeLessThan(ROUNDING);
      }
    }
  });

  test('a combination of columns', () => {
    const { blocks, combined, factors, left, memory } = setUp();
    const factor = (c: number) => 0.3 * c - 1;
    for (let c = 0; c <= one; c++) memory[factors + c] = factor(c);
    combineColumns(blocks[0], factors, combined, rows);
    for (let i = 0; i < rows; i++) {
      const expected = Array.from({ length: one + 1 }, (_, c) => factor(c) * left.column(c, i));
      expect(memory[combined.at + i]).toBeCloseTo(
        expected.reduce((a, b) => a + b),
        10,
      );
    }
  });
});

describe('moments of columns', () => {
  // Exact: a column of k = 0, 1, ..., n - 1 has variance (n² - 1) / 12; with itself squared the correlation is known, too.
  const n = 3 * STRETCH + 5;
  const ramp = Float64Array.from({ length: n }, (_, k) => k);

  test.each([
    ['at the origin', 0, 1],
    ['far from it', 1e9, 1],
    ['small', 0, 1e-12],
  ])('of a ramp %s', (_, origin, unit) => {
    const column = ramp.map((k) => origin + unit * k);
    const { total, means, deviations, correlations } = momentsOf(
      [column, ramp.map((k) => -k)],
      new Float64Array(n).fill(2),
    );
    expect(total).toBe(2 * n);
    expect(means[0]).toBeCloseTo(origin + (unit * (n - 1)) / 2, 6);
    // Values near 1e9 are given to 1e-7.
    expect(Math.abs(deviations[0] / (unit * Math.sqrt((n * n - 1) / 12)) - 1)).toBeLessThan(origin > 0 ? 1e-9 : 1e-13);
    expect(correlations[2]).toBeCloseTo(-1, 9);
  });

  test('weights count as rows', () => {
    const weights = Float64Array.from({ length: n }, (_, k) => 1 + (k % 3));
    const long = Float64Array.from(Array.from(ramp).flatMap((k) => Array<number>(1 + (k % 3)).fill(k)));
    const [by, split] = [momentsOf([ramp], weights), momentsOf([long], new Float64Array(long.length).fill(1))];
    expect(by.total).toBe(split.total);
    expect(by.means[0]).toBeCloseTo(split.means[0], 10);
    expect(by.deviations[0]).toBeCloseTo(split.deviations[0], 10);
  });
});
