import { describe, expect, test } from 'vitest';
import {
  brierScores,
  fitCox,
  fitModel,
  performance,
  survivalTable,
  unoConcordance,
} from '../../../src/analysis/survival/index.ts';
import { scoreReferencesR } from '../../support/survivalFixtures.ts';

const { rows, times, brier, budget, uno, unoBudget } = scoreReferencesR();

const table = survivalTable({ durations: rows.time, events: rows.event, covariates: { age: rows.age } });
/** Everybody who is left after four units is censored then. */
const budgetTable = survivalTable({
  durations: rows.time.map((time) => Math.min(time, 4)),
  events: rows.event.map((event, i) => (rows.time[i] > 4 ? 0 : event)),
  covariates: { age: rows.age },
});
/** The survival that the R script predicts. */
const survival = (row: number, time: number) => Math.exp(-time / (10 - rows.age[row] / 15));
const lifetimes = rows.age.map((age) => 10 - age / 15);

describe('scores on a coarse clock, where failures and censorings tie', () => {
  test('Brier scores are those of riskRegression: failures weigh 1 / G(t-)', () => {
    const { scores } = brierScores(table, times, survival);
    scores.forEach((score, k) => {
      expect(score).toBeCloseTo(brier[k], 12);
    });
  });

  test('with a budget, before it', () => {
    const { scores } = brierScores(budgetTable, budget.times, survival);
    scores.forEach((score, k) => {
      expect(score).toBeCloseTo(budget.brier[k], 12);
    });
  });

  test('at the budget, where all survivors are censored, nothing is censored too early for it: by hand', () => {
    const before = survivalTable({ durations: [1, 2, 4, 4, 4], events: [1, 0, 1, 0, 0] });
    // G(4-) = 3/4 (one of four is censored at 2); the row censored there is not counted.
    const half = () => 0.5;
    const { scores, integrated } = brierScores(before, [3, 4], half);
    expect(scores[1]).toBeCloseTo((1 + 3 / (3 / 4)) / 5 / 4, 14);
    expect(integrated).toBeCloseTo((scores[0] + scores[1]) / 2, 14);
  });

  test('and the integrated score exists', () => {
    const { integratedBrier, brier: score } = performance(fitModel('weibull', budgetTable), budgetTable, 4);
    expect(integratedBrier).toBeGreaterThan(0);
    expect(integratedBrier).toBeLessThan(0.25);
    expect(score).toBeGreaterThan(0);
  });

  test.each(uno)("Uno's C up to $tau, against R's concordance", ({ tau, concordance }) => {
    // R counts failures at ymax, too.
    expect(unoConcordance(table, lifetimes, tau + 0.5)).toBeCloseTo(concordance, 12);
  });

  test("Uno's C with a budget", () => {
    expect(unoConcordance(budgetTable, lifetimes)).toBeCloseTo(unoBudget, 12);
  });

  test('weights that are whole multiples of a fraction leave no rest of the last censored', () => {
    const weights = rows.time.map(() => 0.1);
    const weighted = survivalTable({
      durations: rows.time.map((time) => Math.min(time, 4)),
      events: rows.event.map((event, i) => (rows.time[i] > 4 ? 0 : event)),
      weights,
    });
    expect(brierScores(weighted, [4], survival).scores[0]).toBeCloseTo(
      brierScores(budgetTable, [4], survival).scores[0],
      12,
    );
  });
});

describe('late entry', () => {
  const late = survivalTable({
    durations: [2, 3, 4],
    events: [1, 1, 0],
    entry: [0, 1, 0],
    covariates: { x: [1, 2, 0] },
  });

  test('has no such scores: refused, naming the row', () => {
    expect(() => brierScores(late, [2], () => 0.5)).toThrow(/row 2 entered late, at 1/);
    expect(() => unoConcordance(late, [1, 2, 3])).toThrow(/row 2 entered late/);
  });

  test('of a Cox model they are null', () => {
    const figures = performance({ name: 'cox', kind: 'cox', fit: fitCox(late) }, late, 2);
    expect(figures).toMatchObject({ brier: null, integratedBrier: null, unoConcordance: null });
  });
});
