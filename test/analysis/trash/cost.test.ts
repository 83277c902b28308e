import { expect, test } from 'vitest';
import { costPerSample, pricedTrash } from '../../../src/analysis/trash/index.ts';

test('cost per sample is total over samples', () => {
  expect(costPerSample(96, 48_000)).toBe(0.002);
});

test('it catches the paper inversion where it can: exchanged arguments give a number of samples that is not whole', () => {
  expect(() => costPerSample(48_000, 118.37)).toThrow(/training samples: 118.37 should be a positive whole number/);
  expect(() => costPerSample(0, 100)).toThrow(/training cost: 0/);
  expect(() => costPerSample(Number.NaN, 100)).toThrow(/training cost: NaN/);
});

// Training on an image took 6 s, breaking one 2.5 s, 1.5 to 4 of them: 2.4 (1.5 to 4).
const score = { value: 2.4, lower: 1.5, upper: 4, trainingCost: 6, meanCost: 2.5 };

test('in money each cost is at its price', () => {
  // 6 seconds of training at 2 cents, attack at half a cent a second.
  const priced = pricedTrash(score, { training: 0.02, attack: 0.005, currency: 'EUR' });
  expect(priced.trainingCost).toBeCloseTo(0.12, 14);
  expect(priced.breakingCost).toBeCloseTo(0.0125, 14);
  expect(priced.breakingCostLower!).toBeCloseTo(1.5 * 0.005, 14);
  expect(priced.breakingCostUpper!).toBeCloseTo(4 * 0.005, 14);
  expect(priced.value).toBeCloseTo(0.12 / 0.0125, 12);
  expect(priced.lower! / score.lower).toBeCloseTo(4, 12);
  expect(priced.upper! / score.upper).toBeCloseTo(4, 12);
  expect(pricedTrash(score, { training: 3, attack: 3, currency: 'USD' }).value).toBe(score.value);
});

test('what is no price is refused', () => {
  expect(() => pricedTrash(score, { training: 1, attack: 0, currency: 'EUR' })).toThrow(/price of attack, 0,/);
});
