import { describe, expect, test } from 'vitest';
import {
  fitCox,
  fitParametric,
  logLikelihoodOf,
  type ParametricFit,
  type SurvivalTable,
  survivalTable,
  weibull,
} from '../../../../src/analysis/survival/index.ts';
import { coxReferencesR, reference, relativeError, tableOf } from '../../../support/survivalFixtures.ts';

const { rows } = reference('lung');

/** Columns with mean 0 and (population) standard deviation 1. */
function standardised(): SurvivalTable {
  const column = (name: string) => {
    const values = rows[name];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    return values.map((value) => (value - mean) / deviation);
  };
  const names = ['age', 'sex', 'ph.ecog', 'ph.karno'];
  return survivalTable({
    durations: rows.time,
    events: rows.event,
    covariates: Object.fromEntries(names.map((name) => [name, column(name)])),
  });
}

describe('ridge, penalizer 0.1, against R ridge() with theta = 0.1 n', () => {
  const r = coxReferencesR();

  test('Cox', () => {
    fitCox(standardised(), { penalizer: 0.1 }).estimates.forEach((value, k) => {
      // coxph.penal stops at a smaller gain in log likelihood than coxph: its coefficients are good to about 1e-6.
      expect(relativeError(value, r.ridgeCox[k])).toBeLessThan(1e-5);
    });
  });

  test('Weibull', () => {
    fitParametric(standardised(), { distribution: weibull, penalizer: 0.1 }).estimates.forEach((value, k) => {
      expect(relativeError(value, r.ridgeWeibull[k])).toBeLessThan(1e-5);
    });
  });

  test('does not depend on the units of covariates', () => {
    const own = fitCox(tableOf(reference('lung')), { penalizer: 0.1 });
    const plain = fitCox(standardised(), { penalizer: 0.1 });
    own.coefficients.forEach(({ z }, k) => {
      expect(relativeError(z, plain.coefficients[k].z)).toBeLessThan(1e-9);
    });
  });
});

test('a sample that is cut into start-stop rows is penalised as the one that it is', () => {
  const whole = tableOf(reference('lung'));
  // Every sample once up to the half of its time, once from there on: the likelihood is the same, and so are means and deviations.
  const twice = <T>(values: ArrayLike<T>) => [...Array.from(values), ...Array.from(values)];
  const half = Array.from(whole.lower, (time) => time / 2);
  const cut = survivalTable({
    durations: [...half, ...whole.lower],
    entry: [...half.map(() => 0), ...half],
    events: [...half.map(() => 0), ...Array.from(whole.upper, (upper, i) => Number(upper === whole.lower[i]))],
    clusters: twice(half.map((_, i) => i)),
    covariates: Object.fromEntries(Object.entries(whole.covariates).map(([name, column]) => [name, twice(column)])),
  });
  const options = { penalizer: 0.1, l1Ratio: 0.2 };
  const pairs = [
    [fitCox(whole, options), fitCox(cut, options)],
    [
      fitParametric(whole, { distribution: weibull, ...options }),
      fitParametric(cut, { distribution: weibull, ...options }),
    ],
  ] as const;
  for (const [one, other] of pairs)
    one.estimates.forEach((value, k) => {
      // Both searches stop at a relative gain of 1e-12 or so, the coefficients at its root.
      expect(relativeError(other.estimates[k], value)).toBeLessThan(1e-6);
    });
});

describe('lasso and elastic net of a Weibull model', () => {
  /** Slope of the log likelihood along each covariate, by differences, over the total weight. */
  function slopes(fit: ParametricFit, table: SurvivalTable): number[] {
    const h = 1e-4;
    const at = (k: number, step: number) =>
      logLikelihoodOf({ ...fit, estimates: fit.estimates.map((value, j) => (j === k ? value + step : value)) }, table);
    return [1, 2, 3, 4].map((k) => (at(k, h) - at(k, -h)) / (2 * h) / table.rows);
  }

  test.each([
    { penalizer: 0.05, l1Ratio: 1 },
    { penalizer: 0.2, l1Ratio: 0.5 },
  ])(
    '%j: the slope equals the penalty on what remains, and is below it on what vanishes (Karush-Kuhn-Tucker)',
    (penalty) => {
      const table = standardised();
      const fit = fitParametric(table, { distribution: weibull, ...penalty });
      const lasso = penalty.penalizer * penalty.l1Ratio;
      let vanished = 0;
      slopes(fit, table).forEach((slope, k) => {
        const b = fit.estimates[k + 1];
        if (Math.abs(b) < 1e-5) {
          vanished++;
          expect(Math.abs(slope)).toBeLessThan(lasso);
        } else {
          // Differences of 1e-4 are off by about their square times a third derivative.
          expect(slope).toBeCloseTo(penalty.penalizer * (1 - penalty.l1Ratio) * b + Math.sign(b) * lasso, 6);
        }
      });
      expect(vanished).toBeGreaterThan(0);
      expect(vanished).toBeLessThan(4);
    },
  );

  test('a strong lasso leaves no covariate, and 0 is no penalty at all', () => {
    const table = tableOf(reference('lung'));
    const none = fitParametric(table, { distribution: weibull, penalizer: 10, l1Ratio: 1 });
    expect(none.logLikelihood).toBeCloseTo(none.nullLogLikelihood, 3);
    const free = fitParametric(table, { distribution: weibull, penalizer: 0, l1Ratio: 1 });
    expect(free.logLikelihood).toBe(fitParametric(table, { distribution: weibull }).logLikelihood);
  });

  test('separated covariates have an estimate under a penalty', () => {
    const table = survivalTable({
      durations: [1, 2, 3, 4, 5, 6],
      events: [1, 1, 1, 0, 0, 0],
      covariates: { strong: [1, 1, 1, 0, 0, 0] },
    });
    expect(() => fitCox(table)).toThrow(/no finite estimate/);
    expect(Number.isFinite(fitCox(table, { penalizer: 0.1 }).estimates[0])).toBe(true);
  });

  test('refuses what is no strength and no share', () => {
    const table = standardised();
    expect(() => fitCox(table, { penalizer: -1 })).toThrow(/penalizer: -1 should be 0 or more/);
    expect(() => fitCox(table, { penalizer: 1, l1Ratio: 2 })).toThrow(/L1 ratio: 2 should be between 0 and 1/);
  });
});
