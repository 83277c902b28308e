import { expect, test } from 'vitest';
import { carriedBy, commonHorizon, type Strategy } from '../../../src/analysis/trash/index.ts';

/** A strategy by its costs; a negative one is a budget that broke nothing. */
const strategy = (attack: string, costs: readonly number[]): Strategy => ({
  attack,
  family: attack.split(' ')[0],
  outcomes: costs.map((cost, i) => ({ image: `${i}`, training: 'a', cost: Math.abs(cost), broken: cost > 0 })),
});

const pgd = strategy('pgd', [1, 2, 3, 4, 2, 3, 5, 6, 7, -10]);

test('the horizon is the budget of the strongest attack; useless ones, long or short, do not move it', () => {
  expect(commonHorizon([[pgd]])).toBe(10);
  const noise = strategy('noise', [1, ...Array(9).fill(-200)]);
  const fgm = strategy('fgm', [1, 1, 1, ...Array(7).fill(-1)]);
  expect(commonHorizon([[pgd, noise, fgm]])).toBe(10);
});

test('among attacks about as strong, the cheapest budget counts', () => {
  const costs = Array.from({ length: 40 }, (_, i) => 1 + (i % 5));
  const short = strategy('pgd', [...costs.slice(1), -10]);
  const long = strategy(
    'autoattack',
    costs.map((cost) => 100 * cost),
  );
  expect(commonHorizon([[short, long]])).toBe(10);
});

test('of several models the largest: a cheap one hides nothing of a dear one; one of which nothing broke does not count', () => {
  const robust = strategy('pgd', Array(10).fill(-3));
  expect(commonHorizon([[pgd], [strategy('pgd', [1, 2, 3, 4, 5, 5, 5, -8, -8, -8])]])).toBe(10);
  // One step of the second costs twice as much as one of the first: at the first's budget it would look unbroken.
  const oneStep = (cost: number) => strategy('fgm', [...Array(9).fill(cost), -cost]);
  expect(commonHorizon([[oneStep(1)], [oneStep(2)]])).toBe(2);
  expect(commonHorizon([[pgd], [robust]])).toBe(10);
  expect(commonHorizon([[robust]])).toBe(3);
});

test('an attack that broke everything leaves nothing to observe: it counts by its dearest image', () => {
  const weak = strategy('pgd', [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
  expect(commonHorizon([[weak], [pgd]])).toBe(10);
  expect(commonHorizon([[weak]])).toBe(2);
});

test('an attack that carries the pooled mean is named with its share', () => {
  const noise = strategy('noise', Array(10).fill(-200));
  // At 200: PGD 1+2+3+4+2+3+5+6+7 and one that stands; noise ten that stand.
  expect(carriedBy([pgd, noise], 200)).toEqual({ family: 'noise', share: 2000 / 2233 });
  expect(carriedBy([pgd], 200)).toBeNull();
  expect(carriedBy([pgd, strategy('bim', [1, 2, 3, 4, 2, 3, 5, 6, 7, -10])], 10)).toBeNull();
});
