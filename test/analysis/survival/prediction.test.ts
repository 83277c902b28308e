import { describe, expect, test } from 'vitest';
import {
  averageRestrictedMean,
  type CovariateRow,
  type Distribution,
  dummyColumns,
  exponential,
  fitParametric,
  generalisedGamma,
  gompertz,
  logLogistic,
  logNormal,
  meanWarning,
  type ParametricFit,
  type Prediction,
  piecewiseExponential,
  predictConditionalSurvival,
  predictHazard,
  predictMean,
  predictMedian,
  predictQuantile,
  predictRestrictedMean,
  predictSurvival,
  survivalTable,
  weibull,
} from '../../../src/analysis/survival/index.ts';
import { quadraticForm } from '../../../src/analysis/survival/numerics/linearAlgebra.ts';
import { reference, tableOf } from '../../support/survivalFixtures.ts';

const lung = tableOf(reference('lung'));
const row: CovariateRow = { age: 65, sex: 1, 'ph.ecog': 1, 'ph.karno': 80 };
const families: Distribution[] = [
  exponential,
  weibull,
  logNormal,
  logLogistic,
  generalisedGamma,
  gompertz,
  piecewiseExponential([200, 500]),
];

/** The fit with its coefficients moved: predictions are functions of them. */
function moved(fit: ParametricFit, index: number, step: number): ParametricFit {
  return { ...fit, estimates: fit.estimates.map((value, k) => (k === index ? value + step : value)) };
}

/** Standard error by the delta method with central differences of the prediction itself. */
function numericalError(fit: ParametricFit, predict: (fit: ParametricFit) => Prediction): number {
  const gradient = fit.estimates.map((_, k) => {
    const h = 1e-4 * Math.sqrt(fit.covariance[k * (fit.estimates.length + 1)]);
    return (predict(moved(fit, k, h)).estimate - predict(moved(fit, k, -h)).estimate) / (2 * h);
  });
  return Math.sqrt(quadraticForm(fit.covariance, fit.estimates.length, gradient));
}

describe.each(families)('predictions of the $name', (distribution) => {
  const fit = fitParametric(lung, { distribution });
  const quantities: [string, (fit: ParametricFit) => Prediction][] = [
    ['survival', (f) => predictSurvival(f, row, [250])[0]],
    ['conditional survival', (f) => predictConditionalSurvival(f, row, [600], 250)[0]],
    ['hazard', (f) => predictHazard(f, row, [250])[0]],
    ['median', (f) => predictMedian(f, row)],
    ['upper quartile', (f) => predictQuantile(f, row, 0.75)],
    ['mean', (f) => predictMean(f, row)],
    ['restricted mean', (f) => predictRestrictedMean(f, row, 500)],
    ['average restricted mean', (f) => averageRestrictedMean(f, [row, { ...row, sex: 2 }], 500, [1, 3])],
  ];

  test.each(quantities)('%s: standard error by differences, limits around the estimate', (_, predict) => {
    const { estimate, standardError, lower, upper } = predict(fit);
    // h is 1e-4 standard errors: differences are good to h² = 1e-8 and rounding 1e-12 / 1e-4.
    expect(Math.abs(standardError / numericalError(fit, predict) - 1)).toBeLessThan(1e-6);
    expect(lower).toBeLessThan(estimate);
    expect(upper).toBeGreaterThan(estimate);
  });

  test('are consistent: S of the median is one half, the hazard is the slope of -log S, and conditions divide', () => {
    const survival = (time: number) => predictSurvival(fit, row, [time])[0].estimate;
    expect(survival(predictMedian(fit, row).estimate)).toBeCloseTo(0.5, 11);
    const slope = (Math.log(survival(300 - 0.01)) - Math.log(survival(300 + 0.01))) / 0.02;
    expect(predictHazard(fit, row, [300])[0].estimate / slope).toBeCloseTo(1, 7);
    expect(predictConditionalSurvival(fit, row, [600], 250)[0].estimate).toBeCloseTo(survival(600) / survival(250), 12);
    expect(predictConditionalSurvival(fit, row, [100], 250)[0].estimate).toBe(1);
    expect(predictRestrictedMean(fit, row, 1e-3).estimate).toBeCloseTo(1e-3, 8);
  });
});

describe('limits', () => {
  test('of survival are those of log(-log S), by hand for one exponential rate', () => {
    const fit = fitParametric(survivalTable({ durations: [1, 2, 3, 4] }), {
      distribution: exponential,
      confidenceLevel: 0.9,
    });
    // log(-log S) = log t - log mean, with standard error 1 / sqrt(4) at any time.
    const [{ lower, upper, estimate, standardError }] = predictSurvival(fit, {}, [2]);
    expect(estimate).toBeCloseTo(Math.exp(-0.8), 12);
    expect(standardError).toBeCloseTo((Math.exp(-0.8) * 0.8) / 2, 12);
    expect(lower).toBeCloseTo(Math.exp(-0.8 * Math.exp(1.6448536269514722 / 2)), 12);
    expect(upper).toBeCloseTo(Math.exp(-0.8 / Math.exp(1.6448536269514722 / 2)), 12);
    expect(predictSurvival(fit, {}, [0])[0]).toEqual({ estimate: 1, standardError: 0, lower: 1, upper: 1 });
  });

  test('of an infinite mean say nothing', () => {
    const heavy = survivalTable({ durations: [0.01, 0.1, 1, 10, 100, 1000, 1e4] });
    expect(predictMean(fitParametric(heavy, { distribution: logLogistic }), {})).toEqual({
      estimate: Infinity,
      standardError: Infinity,
      lower: 0,
      upper: Infinity,
    });
  });

  test('refuse what is no probability, no time, no covariate', () => {
    const fit = fitParametric(lung, { distribution: weibull });
    expect(() => predictQuantile(fit, row, 1)).toThrow(/quantile: 1 should be between 0 and 1/);
    expect(() => predictRestrictedMean(fit, row, 0)).toThrow(/horizon 0 should be a positive time/);
    expect(() => predictMedian(fit, { age: 60 })).toThrow(/covariate "sex" is missing/);
  });
});

describe('a mean', () => {
  const times = [1, 2, 3, 4, 5, 6, 7, 8];

  test('is warned of where many are expected to outlive the last observation, or where it is infinite', () => {
    const quantiles = Array.from({ length: 40 }, (_, k) => -Math.log1p(-(k + 0.5) / 40));
    const observed = fitParametric(survivalTable({ durations: quantiles }), { distribution: weibull });
    expect(meanWarning(observed, {})).toBeNull();
    const censored = survivalTable({ durations: times, events: times.map((t) => t < 4) });
    // 3 failures in 36 units of time: 1 - F(8) = exp(-8 / 12) = 51 %.
    expect(meanWarning(fitParametric(censored, { distribution: exponential }), {})).toBe(
      'the mean is extrapolated: 51% are expected to outlive the last observation at 8; use the median or the mean restricted to it',
    );
    const heavy = fitParametric(survivalTable({ durations: times.map((t) => Math.exp(t * t)) }), {
      distribution: logLogistic,
    });
    expect(meanWarning(heavy, {})).toMatch(/infinite under the logLogistic|infinite under the log-logistic/);
  });
});

describe('robust covariance', () => {
  test('of an exponential by hand: squared scores over squared information', () => {
    const durations = [1, 2, 4, 9];
    const mean = 4;
    const score = (t: number) => t / mean - 1;
    const errorOf = (clusters?: number[]) =>
      fitParametric(survivalTable({ durations, clusters }), { distribution: exponential, covariance: 'robust' })
        .coefficients[0].standardError;
    expect(errorOf()).toBeCloseTo(Math.sqrt(durations.reduce((sum, t) => sum + score(t) ** 2, 0)) / 4, 12);
    // Clusters {1, 9} and {2, 4}.
    expect(errorOf([0, 1, 1, 0])).toBeCloseTo(Math.hypot(score(1) + score(9), score(2) + score(4)) / 4, 12);
  });
});

describe('dummy columns', () => {
  test('leave the reference level out', () => {
    expect(dummyColumns('attack', ['pgd', 'fgm', 'hsj', 'fgm'])).toEqual({
      'attack[hsj]': [0, 0, 1, 0],
      'attack[pgd]': [1, 0, 0, 0],
    });
    expect(Object.keys(dummyColumns('attack', ['pgd', 'fgm'], 'pgd'))).toEqual(['attack[fgm]']);
    expect(() => dummyColumns('attack', ['pgd', 'fgm'], 'cw')).toThrow(/reference level "cw" is none of: fgm, pgd/);
    expect(() => dummyColumns('attack', ['pgd'])).toThrow(/"attack" is constant/);
  });
});
