import { describe, expect, test } from 'vitest';
import {
  type AcceleratedFailureTimeFit,
  covariateRows,
  exponential,
  fitAcceleratedFailureTime,
  logLogistic,
  logNormal,
  paperEncoding,
  predictMedian,
  survivalTable,
  weibull,
} from '../../../../src/analysis/survival/index.ts';
import {
  dataSets,
  paperReference,
  paperRuns,
  reference,
  relativeError,
  type SurvregReference,
  tableOf,
} from '../../../support/survivalFixtures.ts';

const families = { exponential, weibull, lognormal: logNormal, loglogistic: logLogistic } as const;
const names = Object.keys(families) as (keyof typeof families)[];

/** R iterates until the log likelihood gains less than 1e-9 of itself, which leaves its own numbers within about 1e-11. */
const R_CONVERGENCE = 1e-10;

const rName = (name: string) => (name === 'Intercept' ? '(Intercept)' : name === 'log(scale)' ? 'Log(scale)' : name);

function expectCoefficients(fit: AcceleratedFailureTimeFit, r: SurvregReference, tolerance: number): void {
  expect(fit.coefficients.map(({ name }) => rName(name))).toEqual(Object.keys(r.se));
  for (const { name, coefficient, standardError } of fit.coefficients) {
    const expected = r.coefficients[rName(name)] ?? Math.log(r.scale);
    expect(Math.abs(coefficient - expected)).toBeLessThan(tolerance * Math.max(Math.abs(expected), standardError));
    expect(relativeError(standardError, r.se[rName(name)])).toBeLessThan(tolerance);
  }
}

describe.each(dataSets)('%s, against R survreg', (dataSet) => {
  const expected = reference(dataSet);
  const table = tableOf(expected);

  test.each(names)('%s', (family) => {
    const r = expected.aft[family];
    const fit = fitAcceleratedFailureTime(table, { distribution: families[family] });
    expectCoefficients(fit, r, R_CONVERGENCE);
    expect(relativeError(fit.scale!, r.scale)).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(fit.logLikelihood, r.loglik)).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(fit.nullLogLikelihood, r.loglik_null)).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(fit.aic, r.aic)).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(fit.bic, r.bic)).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(fit.concordance!, r.concordance)).toBeLessThan(R_CONVERGENCE);
    expect(fit.likelihoodRatio.statistic).toBeCloseTo(2 * (r.loglik - r.loglik_null), 6);
    expect(fit.likelihoodRatio.degreesOfFreedom).toBe(expected.covariates.length);
    expect([fit.rows, fit.events]).toEqual([table.rows, expected.rows.event.filter((event) => event === 1).length]);
    covariateRows(table)
      .slice(0, r.median.length)
      .forEach((row, i) => {
        expect(relativeError(predictMedian(fit, row).estimate, r.median[i])).toBeLessThan(R_CONVERGENCE);
      });
  });
});

describe('z, p, limits and time ratios', () => {
  test('of age in lung, Weibull, by hand from the coefficient and standard error of R', () => {
    const r = reference('lung').aft.weibull;
    const fit = fitAcceleratedFailureTime(tableOf(reference('lung')), { distribution: weibull, confidenceLevel: 0.9 });
    const sex = fit.coefficients.find(({ name }) => name === 'sex')!;
    expect(sex.z).toBeCloseTo(r.coefficients.sex / r.se.sex, 8);
    // Two-sided normal p of R's z by mpmath, and the quantile for 90 %.
    expect(sex.p).toBeCloseTo(0.000749839657055334, 12);
    expect(sex.upper).toBeCloseTo(r.coefficients.sex + 1.6448536269514722 * r.se.sex, 8);
    expect(sex.timeRatio).toBeCloseTo(Math.exp(r.coefficients.sex), 8);
    expect(fit.coefficients.at(-1)).toMatchObject({ parameter: 'scale', covariate: 'Intercept', timeRatio: null });
    // P(chi-squared with 4 degrees > 31.227812385159723), of R's log likelihoods, by mpmath.
    expect(relativeError(fit.likelihoodRatio.p, 2.75066976380074e-6)).toBeLessThan(1e-9);
  });
});

describe("the authors' runs in the paper's encoding, 74,500 weighted samples, against R survreg", () => {
  const r = paperReference();
  const covariatesOf = (run: Record<string, number>, own: boolean) =>
    Object.fromEntries(
      r.covariates.map((name) => [name, own ? run[name] : (run[name] - r.center[name]) / r.scale[name]]),
    );
  const encode = (own: boolean) =>
    survivalTable(
      paperEncoding(
        paperRuns().map((run) => ({
          adversarialAccuracy: run.adv_accuracy,
          attackSize: 100,
          time: run.attack_time,
          covariates: covariatesOf(run, own),
        })),
      ),
    );

  test.each(names)('%s', (family) => {
    const fit = fitAcceleratedFailureTime(encode(false), { distribution: families[family] });
    expect([fit.samples, fit.events]).toEqual([r.total_weight, r.events]);
    expectCoefficients(fit, r.aft[family], R_CONVERGENCE);
    expect(relativeError(fit.logLikelihood, r.aft[family].loglik)).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(fit.aic, r.aft[family].aic)).toBeLessThan(R_CONVERGENCE);
    // The failures and the survivors of a run have one prediction, but R's matrix product rounds some of them apart, so that
    // it takes the at most 50 * 50 pairs of such a run for ordered: of 2.7e9 pairs.
    expect(relativeError(fit.concordance!, r.aft[family].concordance)).toBeLessThan(2500 / 2.7e9);
  });

  test.each(names)('%s, from covariates in their own units', (family) => {
    const fit = fitAcceleratedFailureTime(encode(true), { distribution: families[family] });
    for (const name of r.covariates) {
      const line = fit.coefficients.find((coefficient) => coefficient.name === name)!;
      const scaled = r.aft[family];
      expect(relativeError(line.coefficient * r.scale[name], scaled.coefficients[name])).toBeLessThan(
        R_CONVERGENCE * 10,
      );
      expect(relativeError(line.standardError * r.scale[name], scaled.se[name])).toBeLessThan(R_CONVERGENCE);
    }
  });
});
