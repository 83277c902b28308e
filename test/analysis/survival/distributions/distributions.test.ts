import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { derivatives } from '../../../../src/analysis/survival/distributions/distribution.ts';
import { exponential, logLogistic, logNormal, weibull } from '../../../../src/analysis/survival/index.ts';
import { restrictedMean } from '../../../../src/analysis/survival/restrictedMean.ts';
import { relativeError } from '../fixtures.ts';

interface Point {
  readonly distribution: string;
  readonly time: number;
  readonly theta: number[];
  readonly logDensity: { readonly value: number; readonly gradient: number[]; readonly hessian: number[] };
  readonly logSurvival: { readonly value: number; readonly gradient: number[]; readonly hessian: number[] };
}

interface Restricted {
  readonly distribution: string;
  readonly theta: number[];
  readonly horizon: number;
  readonly value: number;
  readonly gradient: number[];
}

const fixture: { points: Point[]; restrictedMeans: Restricted[] } = JSON.parse(
  readFileSync(new URL('../../../fixtures/survival/distributions.json', import.meta.url), 'utf8'),
);
const byName = { weibull, 'log-normal': logNormal, 'log-logistic': logLogistic } as const;
const named = (name: string) => byName[name as keyof typeof byName];

/** The arguments are rounded to binary64 before use, and z is up to 30: a few hundred units in the last place. */
const ROUNDING = 1e-12;

describe('log density and log survival with derivatives, against mpmath at 50 digits', () => {
  test.each(fixture.points)('$distribution at $time, theta $theta', ({ distribution, time, theta, ...expected }) => {
    for (const curve of ['logDensity', 'logSurvival'] as const) {
      const out = derivatives(2);
      named(distribution)[curve](time, Math.log(time), theta, out);
      expect(relativeError(out.value, expected[curve].value)).toBeLessThan(ROUNDING);
      // Derivatives cancel to near 0 at some points, so their error is measured against the largest of them.
      const scale = Math.max(...[...expected[curve].gradient, ...expected[curve].hessian].map(Math.abs));
      expected[curve].gradient.forEach((value, j) => {
        expect(Math.abs(out.gradient[j] - value)).toBeLessThan(ROUNDING * scale);
      });
      expected[curve].hessian.forEach((value, j) => {
        expect(Math.abs(out.hessian[j] - value)).toBeLessThan(ROUNDING * scale);
      });
    }
  });
});

describe('restricted mean and gradient, against mpmath', () => {
  test.each(fixture.restrictedMeans)(
    '$distribution to $horizon, theta $theta',
    ({ distribution, theta, horizon, value, gradient }) => {
      const out = new Float64Array(2);
      expect(relativeError(restrictedMean(named(distribution), theta, horizon, out), value)).toBeLessThan(ROUNDING);
      // The reference gradient is a central difference with h = 1e-12 at 50 digits: exact to 1e-24.
      gradient.forEach((expected, j) => {
        expect(Math.abs(out[j] - expected)).toBeLessThan(ROUNDING * value * 10);
      });
    },
  );
});

describe('closed forms', () => {
  test('the exponential is the Weibull with scale 1', () => {
    for (const time of [1e-6, 0.5, 3, 1e9]) {
      const theta = [Math.log(time) - 0.3];
      for (const curve of ['logDensity', 'logSurvival'] as const) {
        const one = derivatives(1);
        const two = derivatives(2);
        exponential[curve](time, Math.log(time), theta, one);
        weibull[curve](time, Math.log(time), [...theta, 0], two);
        expect(relativeError(one.value, two.value)).toBeLessThan(1e-15 * 4);
        expect(one.gradient[0]).toBeCloseTo(two.gradient[0], 14);
        expect(one.hessian[0]).toBeCloseTo(two.hessian[0], 14);
      }
    }
    const gradient = new Float64Array(1);
    // Integral of exp(-u / 2) from 0 to 3 = 2 (1 - exp(-1.5)).
    expect(restrictedMean(exponential, [Math.LN2], 3, gradient)).toBeCloseTo(2 * (1 - Math.exp(-1.5)), 13);
  });

  test.each([weibull, logNormal, logLogistic])(
    '$name: S of the quantile, and the mean as the limit of restricted means',
    (distribution) => {
      const theta = [1.5, -1.2];
      for (const p of [1e-10, 0.01, 0.5, 0.99, 1 - 1e-10]) {
        const time = distribution.quantile(p, theta);
        const out = derivatives(2);
        distribution.logSurvival(time, Math.log(time), theta, out);
        // log S is off by the rounding of p itself, and by that of log t divided by the scale.
        expect(relativeError(out.value, Math.log1p(-p))).toBeLessThan(1e-12 + 1e-16 / Math.min(p, 1 - p));
      }
      const gradient = new Float64Array(2);
      const limit = new Float64Array(2);
      const mean = distribution.mean(theta, gradient);
      // The tail beyond 1e12 of the log-logistic with scale 0.301 is of the order 1e12^(1 - 1 / 0.301) < 1e-27.
      expect(relativeError(restrictedMean(distribution, theta, 1e12, limit), mean)).toBeLessThan(ROUNDING);
      expect(relativeError(gradient[0], limit[0])).toBeLessThan(ROUNDING);
      expect(relativeError(gradient[1], limit[1])).toBeLessThan(1e-11);
    },
  );

  test('the log-logistic has no mean from scale 1 on', () => {
    expect(logLogistic.mean([0, 0.1], new Float64Array(2))).toBe(Infinity);
  });
});
