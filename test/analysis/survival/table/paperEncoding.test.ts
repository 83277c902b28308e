import { expect, test } from 'vitest';
import {
  exponential,
  fitAcceleratedFailureTime,
  paperEncoding,
  survivalTable,
} from '../../../../src/analysis/survival/index.ts';

test("the paper's encoding: failures and censored at the run's time, as weights; each run a cluster", () => {
  const runs = [0.1, 0.3, 0.9].map((adversarialAccuracy, k) => ({
    adversarialAccuracy,
    attackSize: 100,
    time: (k + 1) / 100,
    covariates: {},
  }));
  const table = survivalTable(paperEncoding(runs));
  expect(Array.from(table.weights)).toEqual([90, 10, 70, 30, 10, 90]);
  expect(Array.from(table.upper)).toEqual([0.01, Infinity, 0.02, Infinity, 0.03, Infinity]);
  expect(Array.from(table.clusters!)).toEqual([0, 0, 1, 1, 2, 2]);
  const fit = fitAcceleratedFailureTime(table, { distribution: exponential });
  // The rate of the exponential is failures over time observed: 170 / (1 + 2 + 3).
  expect(Math.exp(-fit.estimates[0])).toBeCloseTo(170 / 6, 9);
});

test('refuses what it cannot use, naming it', () => {
  expect(() => paperEncoding([{ adversarialAccuracy: 1.2, attackSize: 100, time: 1, covariates: {} }])).toThrow(
    /run 1: .* 1.2/,
  );
  expect(() => paperEncoding([{ adversarialAccuracy: 1, attackSize: 0.5, time: 1, covariates: {} }])).toThrow(
    /attack size 0.5/,
  );
});
