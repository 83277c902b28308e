import { describe, expect, test } from 'vitest';
import {
  type Distribution,
  exponential,
  fitCox,
  fitParametric,
  generalisedF,
  generalisedGamma,
  gompertz,
  logLogistic,
  logNormal,
  piecewiseExponential,
  survivalTable,
  weibull,
} from '../../../src/analysis/survival/index.ts';
import { uniform } from '../../support/survivalFixtures.ts';

/** Rows whose times follow a distribution with a covariate on its first parameter; a third or so are censored. */
function simulate(distribution: Distribution, theta: readonly number[], slope: number, rows: number, seed: number) {
  const u = uniform(seed);
  const x = Array.from({ length: rows }, () => 2 * u() - 1);
  const times = x.map((value) => distribution.quantile(u(), [theta[0] + slope * value, ...theta.slice(1)]));
  const ends = x.map((value) => distribution.quantile(0.4 + 0.6 * u(), [theta[0] + slope * value, ...theta.slice(1)]));
  return survivalTable({
    durations: times.map((time, i) => Math.min(time, ends[i])),
    events: times.map((time, i) => time <= ends[i]),
    covariates: { x },
  });
}

/** A z score beyond it has a chance of 1 in 15,000. */
const SIGMAS = 4;

describe('fits recover the truth within their standard errors', () => {
  test.each([
    { distribution: exponential, theta: [1] },
    { distribution: weibull, theta: [1, -0.5] },
    { distribution: logNormal, theta: [1, -0.5] },
    { distribution: logLogistic, theta: [1, -0.5] },
    { distribution: generalisedGamma, theta: [1, -0.5, 0.6] },
    { distribution: generalisedGamma, theta: [1, -0.5, -0.5] },
    { distribution: gompertz, theta: [-1, 0.3] },
    { distribution: piecewiseExponential([1, 3]), theta: [-1, 0.5, -0.5] },
  ])('$distribution.name, $theta', ({ distribution, theta }) => {
    // Quantiles of the shaped ones are found by quadrature, which is slow.
    const table = simulate(distribution, theta, 0.7, distribution === generalisedGamma ? 400 : 1500, 11);
    const truth = [theta[0], 0.7, ...theta.slice(1)];
    fitParametric(table, { distribution }).coefficients.forEach(({ coefficient, standardError }, k) => {
      expect(Math.abs(coefficient - truth[k])).toBeLessThan(SIGMAS * standardError);
      expect(standardError).toBeLessThan(0.4);
    });
  });

  test('generalised F, without censoring', () => {
    const u = uniform(3);
    const theta = [1, -0.5, 0.4, 0.2];
    const durations = Array.from({ length: 400 }, () => generalisedF.quantile(u(), theta));
    const fit = fitParametric(survivalTable({ durations }), { distribution: generalisedF });
    fit.coefficients.forEach(({ coefficient, standardError }, k) => {
      expect(Math.abs(coefficient - theta[k])).toBeLessThan(SIGMAS * standardError);
    });
  });

  test.each(['efron', 'breslow', 'exact'] as const)('Cox from Weibull times, %s', (ties) => {
    const table = simulate(weibull, [1, -0.5], 0.7, 1500, 12);
    const [{ coefficient, standardError }] = fitCox(table, { ties }).coefficients;
    // A Weibull is a proportional hazards model with minus the slope over the scale.
    expect(Math.abs(coefficient + 0.7 * Math.exp(0.5))).toBeLessThan(SIGMAS * standardError);
  });
});
