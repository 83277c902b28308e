import { describe, expect, test } from 'vitest';
import {
  calibration,
  concordance,
  coxResiduals,
  coxScoreResiduals,
  coxSnellOfResiduals,
  fitCox,
  fitModel,
  fitParametric,
  gompertz,
  kaplanMeier,
  logRankTest,
  MODEL_NAMES,
  modelCoefficients,
  modelResiduals,
  performance,
  piecewiseExponential,
  proportionalityTest,
  restrictedMeanSurvival,
  survivalTable,
} from '../../../src/analysis/survival/index.ts';
import { relativeError, scoreReferencesR } from '../../support/survivalFixtures.ts';

const { rows, km, cox, logRank, concordance: expectedConcordance } = scoreReferencesR().zero;
const table = survivalTable({ durations: rows.time, events: rows.event, covariates: { x: rows.x } });

/** Both sides end at rounding. */
const ROUNDING = 1e-9;

describe("a failure and a censoring at time 0, against R's survival", () => {
  test('Kaplan-Meier', () => {
    const estimate = kaplanMeier(table);
    expect(Array.from(estimate.times)).toEqual(km.time);
    expect(Array.from(estimate.atRisk)).toEqual(km.atRisk);
    km.survival.forEach((value, k) => {
      expect(estimate.survival[k]).toBeCloseTo(value, 14);
    });
    expect(restrictedMeanSurvival(estimate, 8, table).estimate).toBeCloseTo(km.rmean, 12);
  });

  test('log-rank test and concordance', () => {
    expect(relativeError(logRankTest(table, rows.g).statistic, logRank)).toBeLessThan(ROUNDING);
    expect(concordance(table, rows.x).concordance).toBeCloseTo(expectedConcordance, 14);
  });

  test('Cox model and its residuals', () => {
    const fit = fitCox(table);
    expect(relativeError(fit.coefficients[0].coefficient, cox.coefficient)).toBeLessThan(ROUNDING);
    expect(relativeError(fit.coefficients[0].standardError, cox.se)).toBeLessThan(ROUNDING);
    cox.score.forEach((value, i) => {
      expect(coxScoreResiduals(fit, table)[i]).toBeCloseTo(value, 7);
    });
    expect(coxSnellOfResiduals(coxResiduals(fit, table), table).expected.length).toBeGreaterThan(0);
  });

  test('an entry at 0 is no late entry', () => {
    const entered = survivalTable({ durations: rows.time, events: rows.event, entry: rows.time.map(() => 0) });
    expect(kaplanMeier(entered)).toEqual(kaplanMeier(table));
  });
});

describe('parametric models of time itself', () => {
  test('piecewise exponential: failures over time at risk in each piece, in exact arithmetic', () => {
    const breakpoints = [2.5];
    const fit = fitParametric(table, { distribution: piecewiseExponential(breakpoints), covariates: [] });
    // Until 2.5: 4 failures (0, 1, 2 and 2 are censored or failed) in 0 + 0 + 1 + 2 + 2 + 5 · 2.5; after it 3 in 0.5 +
    // 1.5 + 2.5 + 3.5 + 5.5.
    const before = rows.time.filter((time, i) => rows.event[i] === 1 && time <= 2.5).length / (5 + 5 * 2.5);
    const after =
      rows.time.filter((time, i) => rows.event[i] === 1 && time > 2.5).length / (0.5 + 1.5 + 2.5 + 3.5 + 5.5);
    expect(fit.estimates[0]).toBeCloseTo(Math.log(before), 12);
    expect(fit.estimates[1]).toBeCloseTo(Math.log(after / before), 12);
  });

  test('Gompertz: the limit of times that fall to 0', () => {
    const near = survivalTable({ durations: rows.time.map((time) => Math.max(time, 1e-13)), events: rows.event });
    const fits = [table, near].map((one) => fitParametric(one, { distribution: gompertz, covariates: [] }));
    expect(fits[0].logLikelihood).toBeCloseTo(fits[1].logLikelihood, 10);
    expect(fits[0].estimates[1]).toBeCloseTo(fits[1].estimates[1], 10);
  });

  test('default breakpoints are never at 0', () => {
    const early = survivalTable({ durations: [0, 0, 0, 1, 2, 3], events: [1, 1, 1, 1, 1, 1] });
    // The third of six failures is at 0, the fifth at 2.
    const names = modelCoefficients(fitModel('piecewise-exponential', early)).map(({ parameter }) => parameter);
    expect(names).toEqual(['rate', 'rate ratio after 2']);
  });
});

describe('what needs the logarithm of time', () => {
  const logTime = MODEL_NAMES.filter((name) => !['cox', 'gompertz', 'piecewise-exponential'].includes(name));

  test.each(logTime)('%s refuses a time of 0, as survreg does', (name) => {
    expect(() => fitModel(name, table)).toThrow(
      /^2 rows have time 0, which has no logarithm: the .* distribution is a model of log time; leave them out, or use cox/,
    );
  });

  test('a row that failed somewhere in (0, 2] has none such', () => {
    const left = survivalTable({ lower: [0, 1, 2, 3], upper: [2, 1, 2, Infinity] });
    expect(fitModel('weibull', left).fit.logLikelihood).toBeLessThan(0);
  });

  test('calibration and log transforms refuse it; figures of a performance are null then, the others are there', () => {
    expect(() =>
      calibration(
        table,
        rows.time.map(() => 0.5),
        3,
      ),
    ).toThrow(/row 1 has time 0/);
    const model = fitModel('cox', table);
    if (model.kind === 'cox') {
      expect(() => proportionalityTest(model.fit, table, 'log')).toThrow(/at time 0 has no log time/);
    }
    const figures = performance(model, table, 3);
    expect(figures.ici).toBeNull();
    expect(figures.brier).toBeGreaterThan(0);
    expect(modelResiduals(model, table).length).toBe(rows.time.length);
  });

  test('nothing but times of 0 is refused by every model of a hazard', () => {
    const nothing = survivalTable({ durations: [0, 0], events: [1, 1] });
    for (const name of ['gompertz', 'piecewise-exponential'] as const)
      expect(() => fitModel(name, nothing)).toThrow(/every time is 0/);
  });
});
