import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  exponential,
  fitAcceleratedFailureTime,
  fitParametric,
  logLogistic,
  logNormal,
  type SurvivalTable,
  survivalTable,
  weibull,
} from '../../../../src/analysis/survival/index.ts';
import { likelihood } from '../../../../src/analysis/survival/parametric/likelihood.ts';
import { designMatrix } from '../../../../src/analysis/survival/table/designMatrix.ts';
import { relativeError } from '../../../support/survivalFixtures.ts';

const families = [exponential, weibull, logNormal, logLogistic];

/** Times, covariate and kind of censoring of each row. */
const tables = fc
  .array(
    fc.record({
      log: fc.double({ min: -2, max: 2, noNaN: true }),
      x: fc.double({ min: -1, max: 1, noNaN: true }),
      kind: fc.constantFrom('exact', 'right', 'left', 'interval'),
      entered: fc.boolean(),
      weight: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 4, maxLength: 12 },
  )
  .map((rows) => {
    const time = rows.map(({ log }) => Math.exp(log));
    return survivalTable({
      lower: rows.map(({ kind }, i) => (kind === 'left' ? 0 : time[i])),
      upper: rows.map(
        ({ kind }, i) => ({ exact: time[i], right: Infinity, left: time[i], interval: 1.7 * time[i] })[kind],
      ),
      entry: rows.map(({ entered, kind }, i) => (entered && kind !== 'left' ? 0.4 * time[i] : 0)),
      weights: rows.map(({ weight }) => weight),
      covariates: { x: rows.map(({ x }, i) => x + 0.01 * i) },
    });
  });

describe.each(families)('$name', (distribution) => {
  const designsFor = (table: SurvivalTable) =>
    distribution.parameters.map((_, j) => designMatrix(table, j === 0 || j === 1 ? ['x'] : []));

  test('gradient and Hessian are those of the log likelihood, under all kinds of censoring and delayed entry', () => {
    fc.assert(
      fc.property(
        tables,
        fc.array(fc.double({ min: -0.7, max: 0.7, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (table, point) => {
          const model = likelihood(table, distribution, designsFor(table));
          const beta = Float64Array.from(point.slice(0, model.coefficients));
          const at = model.evaluate(beta);
          const h = 1e-5;
          beta.forEach((_, j) => {
            const moved = (step: number) => model.evaluate(beta.map((value, k) => (k === j ? value + step : value)));
            const [up, down] = [moved(h), moved(-h)];
            const size = 1 + Math.abs(at.value) + at.hessian.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
            // Central differences: h² times a third derivative, and rounding 1e-16 / h.
            expect(Math.abs((up.value - down.value) / (2 * h) - at.gradient[j])).toBeLessThan(1e-7 * size);
            at.gradient.forEach((_, k) => {
              const second = (up.gradient[k] - down.gradient[k]) / (2 * h);
              expect(Math.abs(second - at.hessian[j * model.coefficients + k])).toBeLessThan(1e-6 * size);
            });
          });
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  test('scores add up to the gradient', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const model = likelihood(table, distribution, designsFor(table));
        const beta = new Float64Array(model.coefficients).fill(0.2);
        const scores = model.scores(beta);
        const { gradient } = model.evaluate(beta);
        gradient.forEach((value, k) => {
          let sum = 0;
          for (let i = 0; i < table.rows; i++) sum += table.weights[i] * scores[i * model.coefficients + k];
          expect(sum).toBeCloseTo(value, 9);
        });
      }),
      { seed: 2, numRuns: 20 },
    );
  });
});

/** A table that every family fits: Weibull-like times with a covariate, some censored. */
const columns = (() => {
  const count = 60;
  const index = Array.from({ length: count }, (_, i) => i);
  const x = index.map((i) => Math.sin(1.7 * i));
  const z = index.map((i) => Math.cos(2.3 * i));
  const time = index.map((i) =>
    Math.exp(0.8 * x[i] - 0.4 * z[i] + 0.5 * Math.log(-Math.log((((i * 37) % count) + 0.5) / count))),
  );
  return {
    durations: time.map((t) => Math.min(t, 1.5)),
    events: time.map((t) => (t < 1.5 ? 1 : 0)),
    weights: index.map((i) => 1 + (i % 3)),
    covariates: { x, z },
  };
})();

test.each(families.filter(({ sumRows }) => sumRows !== undefined))(
  '$name: rows taken at once are the sum of rows taken one by one',
  (distribution) => {
    const table = survivalTable(columns);
    const designs = [designMatrix(table, ['x', 'z']), designMatrix(table, ['x'])];
    const beta = Float64Array.of(0.1, 0.5, -0.2, -0.4, 0.3);
    const [at, byRow] = [distribution, { ...distribution, sumRows: undefined }].map((family) =>
      likelihood(table, family, designs).evaluate(beta),
    );
    // Sums of 60 terms, rounded in another order.
    expect(at.value / byRow.value).toBeCloseTo(1, 13);
    at.gradient.forEach((value, k) => {
      expect(value).toBeCloseTo(byRow.gradient[k], 11);
    });
    at.hessian.forEach((value, k) => {
      expect(value).toBeCloseTo(byRow.hessian[k], 11);
    });
  },
);

/** Reordering and rescaling change the rounding of sums of a hundred terms, and a maximum is found to 1e-8 of an error. */
const SAME = 1e-9;

describe.each(families)('a fit of the $name does not depend on', (distribution) => {
  const fitWith = (change: Partial<Parameters<typeof survivalTable>[0]>, covariance: 'model' | 'robust' = 'model') =>
    fitAcceleratedFailureTime(survivalTable({ ...columns, ...change }), { distribution, covariance });
  const original = fitWith({});

  test('the unit of time, but for the intercept', () => {
    const other = fitWith({ durations: columns.durations.map((t) => t * 1e9) });
    expect(other.estimates[0]).toBeCloseTo(original.estimates[0] + Math.log(1e9), 9);
    for (let k = 1; k < other.estimates.length; k++) {
      expect(relativeError(other.estimates[k], original.estimates[k])).toBeLessThan(SAME);
    }
    other.coefficients.forEach(({ standardError }, k) => {
      expect(relativeError(standardError, original.coefficients[k].standardError)).toBeLessThan(SAME);
    });
  });

  test('the unit and origin of covariates', () => {
    const other = fitWith({
      covariates: { x: columns.covariates.x.map((v) => 1e7 + 1e-3 * v), z: columns.covariates.z },
    });
    // The covariate 1e7 + 1e-3 v is rounded to 1e-9, which is 1e-6 of its variation.
    expect(relativeError(other.estimates[1] * 1e-3, original.estimates[1])).toBeLessThan(1e-5);
    expect(relativeError(other.estimates[2], original.estimates[2])).toBeLessThan(1e-5);
    expect(relativeError(other.logLikelihood, original.logLikelihood)).toBeLessThan(1e-6);
  });

  test('the order of rows', () => {
    const reversed = <T>(values: readonly T[]) => values.slice().reverse();
    const other = fitWith({
      durations: reversed(columns.durations),
      events: reversed(columns.events),
      weights: reversed(columns.weights),
      covariates: { x: reversed(columns.covariates.x), z: reversed(columns.covariates.z) },
    });
    other.estimates.forEach((value, k) => {
      expect(relativeError(value, original.estimates[k])).toBeLessThan(SAME);
    });
    expect(other.concordance).toBeCloseTo(original.concordance!, 12);
  });

  test.each(['model', 'robust'] as const)('splitting a weighted row (%s covariance)', (covariance) => {
    const rows = columns.weights.flatMap((weight, i) => Array<number>(weight).fill(i));
    const pick = (values: readonly number[]) => rows.map((i) => values[i]);
    const whole = fitWith({}, covariance);
    const split = fitWith(
      {
        durations: pick(columns.durations),
        events: pick(columns.events),
        weights: undefined,
        covariates: { x: pick(columns.covariates.x), z: pick(columns.covariates.z) },
      },
      covariance,
    );
    split.coefficients.forEach(({ coefficient, standardError }, k) => {
      expect(relativeError(coefficient, whole.coefficients[k].coefficient)).toBeLessThan(SAME);
      expect(relativeError(standardError, whole.coefficients[k].standardError)).toBeLessThan(SAME);
    });
    expect(relativeError(split.bic, whole.bic)).toBeLessThan(SAME);
    expect(split.samples).toBe(whole.samples);
  });
});

describe('censoring and truncation', () => {
  test('delayed entry does not change an exponential rate but through the time observed: failures over time at risk', () => {
    const table = survivalTable({ durations: [2, 4, 6, 8], events: [1, 0, 1, 1], entry: [1, 0, 3, 5] });
    const fit = fitParametric(table, { distribution: exponential });
    expect(Math.exp(-fit.estimates[0])).toBeCloseTo(3 / (1 + 4 + 3 + 3), 13);
    expect(fit.coefficients[0].standardError).toBeCloseTo(1 / Math.sqrt(3), 13);
  });

  test('intervals that are narrow around the exact times give the exact fit', () => {
    const width = 1e-6;
    const exact = columns.events.map((event) => event === 1);
    const narrow = survivalTable({
      lower: columns.durations.map((t, i) => (exact[i] ? t * (1 - width) : t)),
      upper: columns.durations.map((t, i) => (exact[i] ? t * (1 + width) : Infinity)),
      weights: columns.weights,
      covariates: columns.covariates,
    });
    const fit = fitParametric(narrow, { distribution: logNormal });
    const original = fitParametric(survivalTable(columns), { distribution: logNormal });
    expect(fit.concordance).toBeNull();
    fit.estimates.forEach((value, k) => {
      // S differences of relative size 1e-6 keep ten digits.
      expect(relativeError(value, original.estimates[k])).toBeLessThan(1e-7);
    });
  });

  test('a scale that depends on a covariate: two groups with scales of their own are two fits', () => {
    const group = columns.durations.map((_, i) => i % 2);
    const joint = fitParametric(survivalTable({ ...columns, covariates: { group } }), {
      distribution: weibull,
      ancillary: { scale: ['group'] },
    });
    const alone = [0, 1].map((g) => {
      const pick = (values: readonly number[]) => values.filter((_, i) => group[i] === g);
      return fitParametric(
        survivalTable({
          durations: pick(columns.durations),
          events: pick(columns.events),
          weights: pick(columns.weights),
        }),
        { distribution: weibull },
      );
    });
    expect(joint.coefficients.map(({ name }) => name)).toEqual([
      'Intercept',
      'group',
      'log(scale)',
      'log(scale): group',
    ]);
    expect(joint.scale).toBeNull();
    const [a, b, c, d] = joint.estimates;
    expect(a).toBeCloseTo(alone[0].estimates[0], 9);
    expect(a + b).toBeCloseTo(alone[1].estimates[0], 9);
    expect(c).toBeCloseTo(alone[0].estimates[1], 9);
    expect(c + d).toBeCloseTo(alone[1].estimates[1], 9);
    expect(joint.logLikelihood).toBeCloseTo(alone[0].logLikelihood + alone[1].logLikelihood, 9);
  });
});
