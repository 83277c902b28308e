import { describe, expect, test } from 'vitest';
import {
  brierScores,
  concordance,
  coxScoreResiduals,
  fitCox,
  kaplanMeier,
  logRankTest,
  predictCoxSurvival,
  proportionalityTest,
  survivalProbability,
  survivalTable,
} from '../../../../src/analysis/survival/index.ts';
import { relativeError, scoreReferencesR } from '../../../support/survivalFixtures.ts';

const { nearTies } = scoreReferencesR();
const { days, event, age, sex } = nearTies;
const years = days.map((day, i) => (i % 2 === 1 ? day / 365.25 : day / 5 / (365.25 / 5)));
const table = survivalTable({ durations: years, events: event, covariates: { age } });

/** Both sides end at rounding. */
const ROUNDING = 1e-9;

describe("lung in years computed in two ways: times that differ by rounding are ties, as R's timefix has them", () => {
  test('they do differ', () => {
    expect(new Set(years).size).toBe(nearTies.distinct);
    expect(nearTies.distinct).toBeGreaterThan(nearTies.tied);
  });

  test('Kaplan-Meier', () => {
    const estimate = kaplanMeier(table);
    expect(estimate.times.length).toBe(nearTies.km.times);
    nearTies.km.survival.forEach((value, k) => {
      expect(estimate.survival[k]).toBeCloseTo(value, 12);
      expect(estimate.atRisk[k]).toBe(nearTies.km.atRisk[k]);
    });
  });

  test('log-rank test', () => {
    expect(relativeError(logRankTest(table, sex.map(String)).statistic, nearTies.logRank)).toBeLessThan(ROUNDING);
  });

  test('Cox model, its residuals and its test of proportional hazards', () => {
    const fit = fitCox(table);
    const { coefficient, standardError } = fit.coefficients[0];
    expect(relativeError(coefficient, nearTies.cox.coefficient)).toBeLessThan(ROUNDING);
    expect(relativeError(standardError, nearTies.cox.se)).toBeLessThan(ROUNDING);
    expect(relativeError(fit.nullLogLikelihood, nearTies.cox.loglik[0])).toBeLessThan(ROUNDING);
    expect(relativeError(fit.concordance!, nearTies.cox.concordance)).toBeLessThan(ROUNDING);
    expect(relativeError(proportionalityTest(fit, table)[0].statistic, nearTies.cox.zph)).toBeLessThan(ROUNDING);
    const scores = coxScoreResiduals(fit, table);
    nearTies.cox.score.forEach((value, i) => {
      expect(scores[i]).toBeCloseTo(value, 7);
    });
  });

  test('concordance', () => {
    expect(concordance(table, age).concordance).toBeCloseTo(nearTies.concordance, 12);
  });
});

describe('times that differ by rounding', () => {
  const sum = 0.1 + 0.2;

  test('a time that is asked for is that of the table', () => {
    const two = survivalTable({ durations: [sum, 1], covariates: { x: [1, 0] } });
    expect(survivalProbability(kaplanMeier(two), 0.3)).toBe(0.5);
    expect(brierScores(two, [0.3], () => 1).scores[0]).toBe(0.5);
    const fit = fitCox(survivalTable({ durations: [sum, 1, 2, 3], covariates: { x: [1, 0, 1, 0] } }));
    expect(predictCoxSurvival(fit, { x: 0 }, [0.3])).toEqual(predictCoxSurvival(fit, { x: 0 }, [sum]));
  });

  test('the unit of time does not matter, however small', () => {
    const inNanoseconds = survivalTable({ durations: [1e-9, 2e-9, 3e-9, 3e-9] });
    expect(kaplanMeier(inNanoseconds).survival).toEqual(
      kaplanMeier(survivalTable({ durations: [1, 2, 3, 3] })).survival,
    );
  });

  test('entry and exit tie, too: who enters when another fails is not at risk then', () => {
    const late = survivalTable({ durations: [0.3, 1, 2], entry: [0, sum, 0] });
    expect(Array.from(kaplanMeier(late).atRisk)).toEqual([2, 2, 1]);
    const early = survivalTable({ durations: [sum, 1, 2], entry: [0, 0.3, 0] });
    expect(kaplanMeier(early).atRisk).toEqual(kaplanMeier(late).atRisk);
  });

  test("a row observed for no longer than that is refused, as R's aeqSurv does", () => {
    const row = survivalTable({ durations: [1, sum], entry: [0, 0.3] });
    expect(() => kaplanMeier(row)).toThrow(
      /row 2 was observed from 0.3 to 0.30000000000000004, which differ by rounding/,
    );
  });
});
