import { describe, expect, test } from 'vitest';
import {
  type CoxFit,
  coxResiduals,
  fitCox,
  predictCoxSurvival,
  schoenfeldResiduals,
  schoenfeldTest,
  survivalTable,
} from '../../../../src/analysis/survival/index.ts';
import {
  type CoxNumbers,
  dataSets,
  pythonReferences,
  reference,
  relativeError,
  scoreReferencesR,
  tableOf,
} from '../../../support/survivalFixtures.ts';

/** R iterates until the log likelihood gains less than 1e-9 of itself; Newton's last step leaves about the square of that. */
const R_CONVERGENCE = 1e-9;
/** lifelines was told to iterate to a Newton decrement of 1e-12. */
const LIFELINES_CONVERGENCE = 1e-6;

describe.each(dataSets)('%s, against R coxph', (dataSet) => {
  const expected = reference(dataSet);
  const table = tableOf(expected);

  test.each(['efron', 'breslow'] as const)('%s ties', (ties) => {
    const r = expected.cox[ties];
    const fit = fitCox(table, { ties });
    for (const { name, coefficient, standardError } of fit.coefficients) {
      expect(relativeError(coefficient, r.coefficients[name])).toBeLessThan(R_CONVERGENCE);
      expect(relativeError(standardError, r.se[name])).toBeLessThan(R_CONVERGENCE);
    }
    expect(relativeError(fit.logLikelihood, r.loglik)).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(fit.nullLogLikelihood, r.loglik_null)).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(fit.concordance!, r.concordance)).toBeLessThan(R_CONVERGENCE);
  });
});

describe('lung, against lifelines and scikit-survival', () => {
  const python = pythonReferences();
  const lung = reference('lung');
  const table = tableOf(lung);

  function expectEqual(fit: CoxFit, numbers: CoxNumbers): void {
    expect(fit.covariates).toEqual(numbers.names);
    fit.coefficients.forEach(({ coefficient, standardError }, k) => {
      expect(relativeError(coefficient, numbers.coefficients[k])).toBeLessThan(LIFELINES_CONVERGENCE);
      expect(relativeError(standardError, numbers.se[k])).toBeLessThan(LIFELINES_CONVERGENCE);
    });
    expect(relativeError(fit.logLikelihood, numbers.logLikelihood)).toBeLessThan(LIFELINES_CONVERGENCE);
  }

  test('strata', () => {
    expectEqual(fitCox(table, { covariates: ['age', 'ph.ecog', 'ph.karno'], strata: lung.rows.sex }), python.strata);
  });

  test('delayed entry', () => {
    const late = survivalTable({
      durations: lung.rows.time,
      events: lung.rows.event,
      entry: lung.rows.time.map((time) => Math.floor(time / 10)),
      covariates: Object.fromEntries(lung.covariates.map((name) => [name, lung.rows[name]])),
    });
    expectEqual(fitCox(late), python.entry);
  });

  test('survival from the Breslow baseline', () => {
    const fit = fitCox(table, { ties: 'breslow' });
    python.breslowSurvival.rows.forEach((expected, i) => {
      const row = Object.fromEntries(lung.covariates.map((name) => [name, lung.rows[name][i]]));
      predictCoxSurvival(fit, row, python.breslowSurvival.times).forEach((value, k) => {
        expect(relativeError(value, expected[k])).toBeLessThan(1e-7);
      });
    });
  });

  test('Schoenfeld residuals', () => {
    const byRow = schoenfeldResiduals(fitCox(table), table).sort((a, b) => a.row - b.row);
    expect(byRow.length).toBe(python.schoenfeld.length);
    byRow.forEach(({ residual }, i) => {
      residual.forEach((value, k) => {
        expect(Math.abs(value - python.schoenfeld[i][k])).toBeLessThan(1e-6);
      });
    });
  });

  test.each(['identity', 'log', 'km'] as const)('test of proportional hazards, %s of time', (transform) => {
    const tests = schoenfeldTest(fitCox(table), table, transform);
    const expected = python.proportionality[transform];
    expected.statistic.forEach((statistic, k) => {
      expect(relativeError(tests[k].statistic, statistic)).toBeLessThan(LIFELINES_CONVERGENCE);
      expect(relativeError(tests[k].p, expected.p[k])).toBeLessThan(LIFELINES_CONVERGENCE);
    });
    expect(tests.at(-1)).toMatchObject({ name: 'global', degreesOfFreedom: 4 });
  });

  test('robust standard errors need more clusters than coefficients, samples where there are no clusters', () => {
    const { rows } = reference('lung');
    const fitWith = (clusters: number) =>
      fitCox(
        survivalTable({
          durations: rows.time,
          events: rows.event,
          clusters: rows.time.map((_, i) => i % clusters),
          covariates: { age: rows.age, sex: rows.sex },
        }),
        { covariance: 'robust' },
      );
    expect(() => fitWith(2)).toThrow(/robust standard errors: 2 clusters for 2 coefficients; more clusters than/);
    expect(Number.isFinite(fitWith(3).wald.statistic)).toBe(true);
  });

  test.each(['efron', 'breslow'] as const)(
    'martingale and deviance residuals among tied failures (%s), against R',
    (ties) => {
      const { rows, ties: expected } = scoreReferencesR();
      const table = survivalTable({
        durations: rows.time,
        events: rows.event,
        covariates: { age: rows.age, sex: rows.sex },
      });
      coxResiduals(fitCox(table, { ties }), table).forEach(({ martingale, deviance }, i) => {
        expect(martingale).toBeCloseTo(expected[ties].martingale[i], 9);
        expect(deviance).toBeCloseTo(expected[ties].deviance[i], 9);
      });
    },
  );

  test('martingale and deviance residuals of ovarian', () => {
    const ovarian = tableOf(reference('ovarian'));
    coxResiduals(fitCox(ovarian), ovarian).forEach(({ martingale, deviance }, i) => {
      expect(martingale).toBeCloseTo(python.martingale[i], 6);
      expect(deviance).toBeCloseTo(python.deviance[i], 6);
    });
  });
});

describe('Cox model', () => {
  const durations = [1, 2, 2, 3, 4, 4, 5, 7, 8, 9];
  const events = [1, 1, 1, 0, 1, 1, 0, 1, 1, 0];
  const x = [0.2, 1.5, -0.3, 0.8, 1.1, -1.2, 0.4, -0.6, 0.1, -0.9];

  test.each(['efron', 'breslow'] as const)('a row of weight 3 is three rows (%s)', (ties) => {
    const weights = durations.map((_, i) => 1 + (i % 3));
    const rows = weights.flatMap((weight, i) => Array<number>(weight).fill(i));
    const pick = (values: readonly number[]) => rows.map((i) => values[i]);
    const whole = fitCox(survivalTable({ durations, events, weights, covariates: { x } }), { ties });
    const split = fitCox(
      survivalTable({ durations: pick(durations), events: pick(events), covariates: { x: pick(x) } }),
      { ties },
    );
    expect(whole.estimates[0]).toBeCloseTo(split.estimates[0], 10);
    expect(whole.coefficients[0].standardError).toBeCloseTo(split.coefficients[0].standardError, 10);
    expect(whole.logLikelihood).toBeCloseTo(split.logLikelihood, 10);
    expect(whole.concordance).toBeCloseTo(split.concordance!, 12);
  });

  test("Efron's baseline of ties by hand", () => {
    // Without an effect (x balanced between equal pairs): at 1, two of four fail: 1/4 + 1/3; at 2, two of two: 1/2 + 1.
    const fit = fitCox(survivalTable({ durations: [1, 1, 2, 2], covariates: { x: [-1, 1, -1, 1] } }));
    expect(fit.estimates[0]).toBeCloseTo(0, 12);
    expect(fit.baselines[0].cumulativeHazard[0]).toBeCloseTo(1 / 4 + 1 / 3, 12);
    expect(fit.baselines[0].cumulativeHazard[1]).toBeCloseTo(1 / 4 + 1 / 3 + 1 / 2 + 1, 12);
    expect(predictCoxSurvival(fit, { x: 5 }, [0.5, 1.5])[0]).toBe(1);
  });

  test('hazards do not overflow with huge covariates', () => {
    const fit = fitCox(survivalTable({ durations, events, covariates: { x: x.map((v) => 1e12 + 1e9 * v) } }));
    const plain = fitCox(survivalTable({ durations, events, covariates: { x } }));
    expect(relativeError(fit.estimates[0] * 1e9, plain.estimates[0])).toBeLessThan(1e-9);
  });

  test('refuses what it cannot fit, naming it', () => {
    const separated = survivalTable({
      durations: [1, 2, 3, 4],
      events: [1, 1, 0, 0],
      covariates: { strong: [1, 1, 0, 0] },
    });
    expect(() => fitCox(separated)).toThrow(/covariates "strong" have no finite estimate/);
    expect(() => fitCox(survivalTable({ durations, events }))).toThrow(/no covariates/);
    expect(() => fitCox(survivalTable({ durations, events: events.map(() => 0), covariates: { x } }))).toThrow(
      /no failure/,
    );
    const halves = survivalTable({ durations, events, weights: durations.map(() => 0.5), covariates: { x } });
    expect(() => fitCox(halves)).toThrow(/row 1 has weight 0.5; Efron/);
    expect(() => fitCox(survivalTable({ lower: [1, 2], upper: [2, 2], covariates: { x: [0, 1] } }))).toThrow(
      /Cox model: row 1/,
    );
    const fit = fitCox(survivalTable({ durations, events, covariates: { x } }));
    expect(() => predictCoxSurvival(fit, {}, [1])).toThrow(/covariate "x" is missing/);
    expect(() => predictCoxSurvival(fit, { x: 0 }, [1], 'b')).toThrow(
      /stratum "b" has no baseline: the model has no strata/,
    );
  });
});
