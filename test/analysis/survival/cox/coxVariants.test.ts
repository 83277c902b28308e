import { describe, expect, test } from 'vitest';
import {
  type CoxFit,
  coxScoreResiduals,
  dfbeta,
  fitCox,
  proportionalityTest,
  survivalTable,
} from '../../../../src/analysis/survival/index.ts';
import {
  type CoxReferenceR,
  coxReferencesR,
  lungInMonths,
  reference,
  relativeError,
  uniform,
} from '../../../support/survivalFixtures.ts';

/** R was told to iterate to 1e-13 of the log likelihood, which leaves about its root, squared by the last step, in the coefficients. */
const R_CONVERGENCE = 1e-9;

const r = coxReferencesR();
const sex = reference('lung').rows.sex;
const withoutSex = ['age', 'ph.ecog', 'ph.karno'];

function expectEqual(fit: CoxFit, expected: CoxReferenceR): void {
  fit.coefficients.forEach(({ coefficient, standardError }, k) => {
    expect(relativeError(coefficient, expected.coefficients[k])).toBeLessThan(R_CONVERGENCE);
    expect(relativeError(standardError, expected.se[k])).toBeLessThan(R_CONVERGENCE);
  });
  expect(relativeError(fit.nullLogLikelihood, expected.logLikelihood[0])).toBeLessThan(R_CONVERGENCE);
  expect(relativeError(fit.logLikelihood, expected.logLikelihood[1])).toBeLessThan(R_CONVERGENCE);
}

describe('exact ties', () => {
  test("against R's coxph", () => {
    expectEqual(fitCox(lungInMonths(), { ties: 'exact' }), r.exact);
  });

  test('with strata, against R', () => {
    expectEqual(fitCox(lungInMonths({ covariates: withoutSex }), { ties: 'exact', strata: sex }), r.exactStrata);
  });

  test('the likelihood is a sum over all sets of failures, by hand', () => {
    // At time 1 two of four fail, with x = 1 and 2; at 2 one of the other two, with x = 0 against 3.
    const fit = fitCox(
      survivalTable({ durations: [1, 1, 2, 3], events: [1, 1, 1, 0], covariates: { x: [1, 2, 0, 3] } }),
      {
        ties: 'exact',
      },
    );
    const b = fit.estimates[0];
    const sets = [1 + 2, 1 + 0, 1 + 3, 2 + 0, 2 + 3, 0 + 3].reduce((sum, x) => sum + Math.exp(b * x), 0);
    expect(fit.logLikelihood).toBeCloseTo(3 * b - Math.log(sets) - Math.log(1 + Math.exp(3 * b)), 12);
    expect(fit.nullLogLikelihood).toBeCloseTo(-Math.log(6) - Math.log(2), 12);
  });

  test('most of a thousand rows fail at one time: neither overflow nor underflow', () => {
    const u = uniform(5);
    const x = Array.from({ length: 1000 }, u);
    const durations = x.map((value) => (value + u() < 1.4 ? 1 : 2));
    const fit = fitCox(survivalTable({ durations, events: durations.map((time) => time === 1), covariates: { x } }), {
      ties: 'exact',
    });
    // One time of failure: a logistic regression conditional on the number of failures; its slope is steep and negative.
    expect(fit.coefficients[0].z).toBeLessThan(-5);
    expect(Number.isFinite(fit.logLikelihood)).toBe(true);
  });

  test('without ties it is Breslow, and a row of weight 3 is three rows', () => {
    const u = uniform(9);
    const x = Array.from({ length: 30 }, u);
    const durations = x.map(() => u());
    const events = x.map(() => u() < 0.7);
    const plain = survivalTable({ durations, events, covariates: { x } });
    expect(fitCox(plain, { ties: 'exact' }).logLikelihood).toBeCloseTo(
      fitCox(plain, { ties: 'breslow' }).logLikelihood,
      12,
    );
    const weights = x.map((_, i) => 1 + (i % 3));
    const rows = weights.flatMap((weight, i) => Array<number>(weight).fill(i));
    const split = survivalTable({
      durations: rows.map((i) => durations[i]),
      events: rows.map((i) => events[i]),
      covariates: { x: rows.map((i) => x[i]) },
    });
    const whole = fitCox(survivalTable({ durations, events, weights, covariates: { x } }), { ties: 'exact' });
    expect(whole.estimates[0]).toBeCloseTo(fitCox(split, { ties: 'exact' }).estimates[0], 10);
  });

  test('has no robust covariance and no score residuals', () => {
    expect(() => fitCox(lungInMonths(), { ties: 'exact', covariance: 'robust' })).toThrow(/exact ties have no score/);
    const fit = fitCox(lungInMonths(), { ties: 'exact' });
    expect(() => coxScoreResiduals(fit, lungInMonths())).toThrow(/exact ties have none/);
  });
});

describe('robust covariance, against R', () => {
  test('of rows', () => {
    const table = { ...lungInMonths(), clusters: null };
    expectEqual(fitCox(table, { covariance: 'robust' }), r.robust);
  });

  test('of clusters', () => {
    expectEqual(fitCox(lungInMonths(), { covariance: 'robust' }), r.cluster);
  });

  test("with Breslow's ties, delayed entry, strata", () => {
    expectEqual(fitCox(lungInMonths(), { covariance: 'robust', ties: 'breslow' }), r.clusterBreslow);
    expectEqual(fitCox(lungInMonths({ entry: true }), { covariance: 'robust' }), r.clusterEntry);
    expectEqual(
      fitCox(lungInMonths({ covariates: withoutSex }), { covariance: 'robust', strata: sex }),
      r.clusterStrata,
    );
  });
});

describe('residuals of the score, against R', () => {
  test.each([
    ['efron', false, r.scoreEfron],
    ['breslow', false, r.scoreBreslow],
    ['efron', true, r.scoreEntry],
  ] as const)('%s, delayed entry %s', (ties, entry, expected) => {
    const table = lungInMonths({ entry });
    const actual = coxScoreResiduals(fitCox(table, { ties }), table);
    // Residuals of age and ph.karno reach 50; where they cancel to near 0, 1e-8 of that is left.
    expected.forEach((value, k) => {
      expect(Math.abs(actual[k] - value)).toBeLessThan(1e-7);
    });
  });

  test('they sum to 0', () => {
    const table = lungInMonths();
    const scores = coxScoreResiduals(fitCox(table), table);
    for (let a = 0; a < 4; a++) {
      let sum = 0;
      for (let i = 0; i < table.rows; i++) sum += scores[i * 4 + a];
      expect(Math.abs(sum)).toBeLessThan(1e-9);
    }
  });

  test('dfbeta', () => {
    const table = lungInMonths();
    const actual = dfbeta(fitCox(table), table);
    r.dfbeta.forEach((value, k) => {
      expect(Math.abs(actual[k] - value)).toBeLessThan(1e-10);
    });
  });
});

describe('test of proportional hazards, against cox.zph of R 4.2 (survival 3.5.3)', () => {
  test.each(['km', 'identity', 'log', 'rank'] as const)('%s of time', (transform) => {
    const check = (fit: CoxFit, table: ReturnType<typeof lungInMonths>, expected: readonly number[]) => {
      const tests = proportionalityTest(fit, table, transform);
      const lines = tests.length;
      tests.forEach(({ statistic, degreesOfFreedom, p }, k) => {
        expect(relativeError(statistic, expected[k])).toBeLessThan(1e-8);
        expect(degreesOfFreedom).toBe(expected[lines + k]);
        expect(relativeError(p, expected[2 * lines + k])).toBeLessThan(1e-8);
      });
    };
    const table = lungInMonths();
    check(fitCox(table), table, r.zph[transform]);
    check(fitCox(table, { ties: 'breslow' }), table, r.zphBreslow[transform]);
    const fewer = lungInMonths({ covariates: withoutSex });
    check(fitCox(fewer, { strata: sex }), fewer, r.zphStrata[transform]);
    const late = lungInMonths({ entry: true });
    check(fitCox(late), late, r.zphEntry[transform]);
  });
});
