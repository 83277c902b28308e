import { expect, test } from 'vitest';
import { betterThanChance, breakEvenStrength, costPerRightImage } from '../../../src/analysis/trash/index.ts';

test('better than chance: the exact binomial test and the limits of R', () => {
  // R 4.2: binom.test(15, 100, 0.1, alternative = "greater")$p.value; binom.test(15, 100)$conf.int.
  const fifteen = betterThanChance(15, 100, 0.1);
  expect(fifteen.p).toBeCloseTo(0.07257296, 7);
  expect(fifteen.better).toBe(false);
  expect(fifteen.lower).toBeCloseTo(0.08645439, 7);
  expect(fifteen.upper).toBeCloseTo(0.2353075, 6);
  // Fair coin by hand: P(at least 9 of 10) = 11 / 1024.
  const coin = betterThanChance(9, 10, 0.5);
  expect(coin.p).toBeCloseTo(11 / 1024, 14);
  expect(coin.better).toBe(true);
});

test('no image right, and all: the limits stay in [0, 1]', () => {
  expect(betterThanChance(0, 20, 0.1)).toMatchObject({ accuracy: 0, lower: 0, p: 1, better: false });
  // Clopper and Pearson with all right: the lower limit is 0.025^(1/n).
  expect(betterThanChance(20, 20, 0.1).lower).toBeCloseTo(0.025 ** (1 / 20), 12);
  expect(betterThanChance(10_000, 10_000, 0.1).p).toBe(0);
});

test('the strength at which TRASH is 1: half way on logarithmic axes between 1/4 and 4', () => {
  expect(
    breakEvenStrength([
      { eps: 0.1, trash: 0.25 },
      { eps: 0.4, trash: 4 },
      // A weaker attack at the same strength changes nothing.
      { eps: 0.4, trash: 0.1 },
    ]),
  ).toBeCloseTo(0.2, 12);
  expect(breakEvenStrength([{ eps: 0.1, trash: 2 }])).toBeNull();
});

test('what a right image cost above chance', () => {
  expect(costPerRightImage(2, 0.6, 0.1)).toBeCloseTo(4, 14);
  expect(costPerRightImage(2, 0.1, 0.1)).toBe(Number.POSITIVE_INFINITY);
});
