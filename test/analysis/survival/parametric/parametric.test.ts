import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  exponential,
  fitAcceleratedFailureTime,
  fitParametric,
  generalisedF,
  generalisedGamma,
  gompertz,
  logNormal,
  piecewiseExponential,
  predictMean,
  predictSurvival,
  survivalTable,
  weibull,
} from '../../../../src/analysis/survival/index.ts';
import { likelihood } from '../../../../src/analysis/survival/parametric/likelihood.ts';
import { designMatrix } from '../../../../src/analysis/survival/table/designMatrix.ts';
import { pythonReferences, reference, relativeError, tableOf } from '../../../support/survivalFixtures.ts';

const python = pythonReferences();

describe('generalised gamma', () => {
  test('lung, against lifelines', () => {
    const fit = fitAcceleratedFailureTime(tableOf(reference('lung')), { distribution: generalisedGamma });
    const [intercept, age, sex, ecog, karno, logScale, q] = python.generalisedGamma.coefficients;
    // lifelines' optimiser stops at a log likelihood that is below the maximum by less than 1e-6, so coefficients agree to a
    // thousandth of a standard error.
    expect(fit.logLikelihood).toBeGreaterThanOrEqual(python.generalisedGamma.logLikelihood - 1e-9);
    expect(fit.logLikelihood - python.generalisedGamma.logLikelihood).toBeLessThan(1e-4);
    [intercept, age, sex, ecog, karno, logScale, q].forEach((value, k) => {
      const { coefficient, standardError } = fit.coefficients[k];
      expect(Math.abs(coefficient - value)).toBeLessThan(0.02 * standardError);
    });
    expect(fit.coefficients.slice(5).map(({ name }) => name)).toEqual(['log(scale)', 'Q']);
  });

  test.each(['lung', 'veteran', 'capacitor'] as const)('%s: no worse than the models within it', (name) => {
    const table = tableOf(reference(name));
    const general = fitAcceleratedFailureTime(table, { distribution: generalisedGamma });
    for (const distribution of [weibull, logNormal]) {
      expect(general.logLikelihood).toBeGreaterThan(
        fitAcceleratedFailureTime(table, { distribution }).logLikelihood - 1e-9,
      );
    }
  });

  test('ovarian with four covariates has no maximum: its log likelihood rises towards Q = -Infinity, above any of its members', () => {
    expect(() => fitParametric(tableOf(reference('ovarian')), { distribution: generalisedGamma })).toThrow(
      /parameter "Q" has no finite estimate/,
    );
  });
});

describe('generalised F', () => {
  test('lung without covariates, against a maximum by mpmath at 40 digits', () => {
    const expected: { estimates: number[]; logLikelihood: number } = JSON.parse(
      readFileSync(new URL('../../../fixtures/survival/generalisedFMaximum.json', import.meta.url), 'utf8'),
    );
    const { rows } = reference('lung');
    const fit = fitAcceleratedFailureTime(survivalTable({ durations: rows.time, events: rows.event }), {
      distribution: generalisedF,
    });
    expect(relativeError(fit.logLikelihood, expected.logLikelihood)).toBeLessThan(1e-13);
    fit.estimates.forEach((value, k) => {
      // The gradient is good to about 1e-9 of the information in log P, whose standard error is 1.9.
      expect(relativeError(value, expected.estimates[k])).toBeLessThan(1e-8);
    });
    expect(fit.coefficients.map(({ name }) => name)).toEqual(['Intercept', 'log(scale)', 'Q', 'log(P)']);
  });

  test('80 simulated rows with a covariate, censoring and a negative Q, against a maximum by mpmath at 40 digits', () => {
    const { rows, estimates, logLikelihood } = JSON.parse(
      readFileSync(new URL('../../../fixtures/survival/generalisedFSimulated.json', import.meta.url), 'utf8'),
    );
    const table = survivalTable({ durations: rows.time, events: rows.event, covariates: { x: rows.x } });
    const fit = fitAcceleratedFailureTime(table, { distribution: generalisedF });
    expect(relativeError(fit.logLikelihood, logLikelihood)).toBeLessThan(1e-13);
    fit.coefficients.forEach(({ coefficient, standardError }, k) => {
      // The gradient's rounding, about 1e-13 of the rows' sum, in standard errors.
      expect(Math.abs(coefficient - estimates[k])).toBeLessThan(1e-9 * standardError);
    });
  });
});

// tests/testthat/test_flexsurvreg.R of flexsurv, which gives the log likelihoods to 16 digits and tests them to 1e-6.
describe('ovarian without covariates, against the published tests of flexsurv', () => {
  const { rows } = reference('ovarian');
  const table = survivalTable({ durations: rows.time, events: rows.event });

  test('its maxima of the log-normal and of the gamma, which are generalised gammas', () => {
    expect(
      relativeError(fitParametric(table, { distribution: logNormal }).logLikelihood, -97.12174204265681),
    ).toBeLessThan(1e-9);
    // The gamma has Q = scale: the best of these, in between the two that are near.
    const design = designMatrix(table, []);
    const { evaluate } = likelihood(table, generalisedGamma, [design, design, design]);
    const profile = (logScale: number) => {
      const at = (location: number) => evaluate(Float64Array.of(location, logScale, Math.exp(logScale))).value;
      return highest(at, 5, 9);
    };
    expect(relativeError(highest(profile, -1.5, 1), -97.86379723453011)).toBeLessThan(1e-6);
  });

  test('its Gompertz log likelihood at rate 1 / mean time and shape 0.001', () => {
    const design = designMatrix(table, []);
    const mean = rows.time.reduce((a, b) => a + b) / rows.time.length;
    const { value } = likelihood(table, gompertz, [design, design]).evaluate(Float64Array.of(-Math.log(mean), 0.001));
    expect(relativeError(value, -112.8294446076947)).toBeLessThan(1e-9);
  });

  test('the generalised F is not determined', () => {
    expect(() => fitParametric(table, { distribution: generalisedF })).toThrow(/no finite estimate/);
  });

  /** The largest value of a function with one top between two points, by golden sections. */
  function highest(of: (x: number) => number, low: number, high: number): number {
    const share = (Math.sqrt(5) - 1) / 2;
    let [a, b] = [low, high];
    while (b - a > 1e-6) {
      const [left, right] = [b - share * (b - a), a + share * (b - a)];
      if (of(left) < of(right)) a = left;
      else b = right;
    }
    return of((a + b) / 2);
  }
});

describe('Gompertz, against a maximisation with SciPy', () => {
  const rowsOf = (name: 'lung' | 'veteran', unit: number) => {
    const { rows } = reference(name);
    return survivalTable({
      durations: rows.time.map((time) => time / unit),
      events: rows.event,
      covariates: name === 'lung' ? { sex: rows.sex } : {},
    });
  };

  test.each(['lung', 'veteran'] as const)('%s', (name) => {
    const fit = fitParametric(rowsOf(name, 100), { distribution: gompertz });
    const [rate, shape, sex] = python.gompertz[name].estimates;
    const expected = name === 'lung' ? [rate, sex, shape] : [rate, shape];
    expect(relativeError(fit.logLikelihood, python.gompertz[name].logLikelihood)).toBeLessThan(1e-12);
    // Nelder-Mead sees the value only, which is flat to rounding (1e-13) within 1e-6 or so of the maximum.
    expected.forEach((value, k) => {
      expect(Math.abs(fit.estimates[k] - value)).toBeLessThan(1e-5);
    });
    expect(fit.coefficients.at(-1)!.name).toBe('shape');
    expect(fit.scale).toBeNull();
  });

  test.each([1e-6, 1e6])('does not depend on the unit of time (%d)', (unit) => {
    const one = fitParametric(rowsOf('lung', 1), { distribution: gompertz });
    const other = fitParametric(rowsOf('lung', unit), { distribution: gompertz });
    expect(relativeError(other.coefficients[1].coefficient, one.coefficients[1].coefficient)).toBeLessThan(1e-9);
    expect(relativeError(other.coefficients[2].coefficient / unit, one.coefficients[2].coefficient)).toBeLessThan(1e-9);
  });

  test('with a falling hazard some never fail, and there is no mean', () => {
    const fit = fitParametric(rowsOf('veteran', 1), { distribution: gompertz });
    expect(fit.estimates[1]).toBeLessThan(0);
    expect(predictSurvival(fit, {}, [1e9])[0].estimate).toBeCloseTo(
      Math.exp(Math.exp(fit.estimates[0]) / fit.estimates[1]),
      12,
    );
    expect(predictMean(fit, {}).estimate).toBe(Infinity);
  });

  test('is not an accelerated failure time model', () => {
    expect(() => fitAcceleratedFailureTime(rowsOf('lung', 1), { distribution: gompertz })).toThrow(/use fitParametric/);
  });
});

describe('piecewise exponential', () => {
  const durations = [1, 2, 3, 4, 6, 7, 9, 12];
  const events = [1, 1, 0, 1, 1, 0, 1, 1];

  test('is failures over time observed in each piece, by hand', () => {
    const fit = fitParametric(survivalTable({ durations, events }), { distribution: piecewiseExponential([3, 8]) });
    // Before 3: 2 failures in 1 + 2 + 6 * 3; from 3 to 8: 2 in 1 + 3 + 4 + 5 + 5; after 8: 2 in 1 + 4.
    const [rate, second, third] = fit.estimates;
    expect(Math.exp(rate)).toBeCloseTo(2 / 21, 12);
    expect(Math.exp(rate + second)).toBeCloseTo(2 / 18, 12);
    expect(Math.exp(rate + third)).toBeCloseTo(2 / 5, 12);
    expect(fit.coefficients.map(({ name }) => name)).toEqual([
      'Intercept',
      'log(rate ratio after 3)',
      'log(rate ratio after 8)',
    ]);
    expect(predictSurvival(fit, {}, [5])[0].estimate).toBeCloseTo(Math.exp((-3 * 2) / 21 - (2 * 2) / 18), 12);
  });

  test('without breakpoints it is the exponential, as a hazard', () => {
    const table = tableOf(reference('lung'));
    const hazard = fitParametric(table, { distribution: piecewiseExponential([]) });
    const time = fitParametric(table, { distribution: exponential });
    hazard.estimates.forEach((value, k) => {
      expect(relativeError(value, -time.estimates[k])).toBeLessThan(1e-9);
    });
    expect(hazard.concordance).toBeCloseTo(time.concordance!, 14);
  });

  test('refuses breakpoints that do not ascend, and a piece without failures', () => {
    expect(() => piecewiseExponential([3, 3])).toThrow(/breakpoint 3 should be a time after 3/);
    const table = survivalTable({ durations, events });
    expect(() => fitParametric(table, { distribution: piecewiseExponential([4.5, 5]) })).toThrow(
      /did not converge|no finite/,
    );
  });
});
