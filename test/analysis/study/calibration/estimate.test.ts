import { expect, test } from 'vitest';
import { FEWEST_ROUNDS, logRatios, medianHalfWidth } from '../../../../src/analysis/study/calibration/estimate.ts';

test('ratios of the same round are free of what slowed it', () => {
  const moods = [1, 3, 0.5];
  const ratios = logRatios(
    moods.map((mood) => 0.2 * mood),
    moods.map((mood) => 0.1 * mood),
  );
  for (const ratio of ratios) expect(ratio).toBeCloseTo(Math.log(2), 14);
});

// Ranks of the 95 % interval of a median, by the binomial distribution: Conover, Practical Nonparametric Statistics, 3rd edition, 3.2;
// the same from R: qbinom(0.025, n, 0.5). Counted from 1, from both ends.
test.each([
  [6, 1],
  [8, 1],
  [9, 2],
  [12, 3],
  [20, 6],
  [50, 18],
])('the interval of the median of %i values lies between the values of rank %i', (count, rank) => {
  // Squares, so that no two ranks are equally far apart.
  const values = Array.from({ length: count }, (_, i) => (i * i * 7) % 1009).sort((a, b) => a - b);
  const shuffled = [...values].reverse();
  expect(medianHalfWidth(shuffled)).toBe((values[count - rank] - values[rank - 1]) / 2);
});

test('fewer rounds than the fewest bear no interval', () => {
  const values = [1, 2, 3, 4, 5, 6];
  expect(medianHalfWidth(values.slice(0, FEWEST_ROUNDS - 1))).toBe(Infinity);
  expect(medianHalfWidth(values.slice(0, FEWEST_ROUNDS))).toBe(2.5);
});
