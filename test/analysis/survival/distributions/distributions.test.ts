import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { restrictedMean } from '../../../../src/analysis/survival/curves/restrictedMean.ts';
import { type Distribution, derivatives } from '../../../../src/analysis/survival/distributions/distribution.ts';
import {
  exponential,
  generalisedF,
  generalisedGamma,
  gompertz,
  logLogistic,
  logNormal,
  piecewiseExponential,
  weibull,
} from '../../../../src/analysis/survival/index.ts';
import { relativeError } from '../../../support/survivalFixtures.ts';

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

type Curves = Omit<Point, 'distribution'>;

const fixture: {
  points: Point[];
  generalisedGamma: Curves[];
  generalisedF: Curves[];
  gompertz: Curves[];
  restrictedMeans: Restricted[];
} = JSON.parse(readFileSync(new URL('../../../fixtures/survival/distributions.json', import.meta.url), 'utf8'));
const byName = { weibull, 'log-normal': logNormal, 'log-logistic': logLogistic } as const;
const named = (name: string) => byName[name as keyof typeof byName];

/** The arguments are rounded to binary64 before use, and z is up to 30: a few hundred units in the last place. */
const ROUNDING = 1e-12;

function expectCurves(distribution: Distribution, { time, theta, ...expected }: Curves, tolerance: number): void {
  for (const curve of ['logDensity', 'logSurvival'] as const) {
    const out = derivatives(theta.length);
    distribution[curve](time, Math.log(time), theta, out);
    const { value, gradient, hessian } = expected[curve];
    expect(relativeError(out.value, value)).toBeLessThan(tolerance);
    // Derivatives cancel to near 0 at some points, so their error is measured against the largest of them.
    const scale = Math.max(...[...gradient, ...hessian].map(Math.abs));
    gradient.forEach((expectation, j) => {
      expect(Math.abs(out.gradient[j] - expectation)).toBeLessThan(tolerance * scale);
    });
    hessian.forEach((expectation, j) => {
      expect(Math.abs(out.hessian[j] - expectation)).toBeLessThan(tolerance * scale);
    });
  }
}

describe('log density and log survival with derivatives, against mpmath at 50 digits', () => {
  test.each(fixture.points)('$distribution at $time, theta $theta', (point) => {
    expectCurves(named(point.distribution), point, ROUNDING);
  });

  test.each(fixture.gompertz)('gompertz at $time, theta $theta', (point) => {
    expectCurves(gompertz, point, ROUNDING);
  });

  test.each(fixture.generalisedGamma)('generalised gamma at $time, theta $theta', (point) => {
    // S is integrated to 1e-12 or so, and the digamma functions of @stdlib are good to some 1e-14, times 2 / Q³ < 100.
    expectCurves(generalisedGamma, point, 1e-11);
  });

  test.each(fixture.generalisedF)('generalised F at $time, theta $theta', (point) => {
    // As the generalised gamma; its remainders are divided by up to v² at |v| = 1 and x⁴ at x = 0.3.
    expectCurves(generalisedF, point, 1e-11);
  });
});

describe('the generalised F', () => {
  test.each([-1.3, 0.2, 1.9])('is the log-logistic at Q = 0 and P = 1 (log t = %d)', (logTime) => {
    for (const curve of ['logDensity', 'logSurvival'] as const) {
      const general = derivatives(4);
      const special = derivatives(2);
      generalisedF[curve](Math.exp(logTime), logTime, [0.3, -0.6, 0, 0], general);
      logLogistic[curve](Math.exp(logTime), logTime, [0.3, -0.6 - Math.log(2) / 2], special);
      expect(relativeError(general.value, special.value)).toBeLessThan(1e-11);
      expect(relativeError(general.gradient[0], special.gradient[0])).toBeLessThan(1e-11);
      expect(relativeError(general.hessian[5], special.hessian[3])).toBeLessThan(1e-11);
    }
  });

  test.each([-0.8, 0, 1e-6, 0.7, 1])('goes over into the generalised gamma as P falls to 0 (Q = %d)', (q) => {
    for (const logTime of [-1.3, 0.2, 1.9]) {
      for (const curve of ['logDensity', 'logSurvival'] as const) {
        const limit = derivatives(3);
        generalisedGamma[curve](Math.exp(logTime), logTime, [0.3, -0.6, q], limit);
        for (const logP of [-25, -60, -200]) {
          const general = derivatives(4);
          generalisedF[curve](Math.exp(logTime), logTime, [0.3, -0.6, q, logP], general);
          // What is left is of the order of P (w / Q)³ or so, at least while P is below Q² or Q is 0.
          const tolerance = 1e-11 + 1e4 * Math.exp(logP);
          expect(relativeError(general.value, limit.value)).toBeLessThan(tolerance);
          for (const j of [0, 1, 2]) {
            expect(Math.abs(general.gradient[j] - limit.gradient[j])).toBeLessThan(tolerance * 50);
          }
          expect(Math.abs(general.gradient[3])).toBeLessThan(tolerance * 50);
        }
      }
    }
  });
});

describe('the generalised gamma', () => {
  test.each([-1.3, 0.2, 1.9])(
    'is the log-normal at Q = 0 and the Weibull at Q = 1, in both tails (log t = %d)',
    (logTime) => {
      for (const [q, special] of [
        [0, logNormal],
        [1, weibull],
      ] as const) {
        for (const curve of ['logDensity', 'logSurvival'] as const) {
          const general = derivatives(3);
          const expected = derivatives(2);
          generalisedGamma[curve](Math.exp(logTime), logTime, [0.3, -0.6, q], general);
          special[curve](Math.exp(logTime), logTime, [0.3, -0.6], expected);
          expect(relativeError(general.value, expected.value)).toBeLessThan(1e-11);
          expect(relativeError(general.gradient[0], expected.gradient[0])).toBeLessThan(1e-11);
          expect(relativeError(general.hessian[4], expected.hessian[3])).toBeLessThan(1e-11);
        }
      }
    },
  );

  test('is smooth through Q = 0 and where the series of small Q ends: derivatives are those of the values', () => {
    for (const q of [0, 1e-8, -1e-4, 0.01, -0.3162, 0.3163, 0.8]) {
      for (const logTime of [-1.5, 0.4, 2.5]) {
        for (const curve of ['logDensity', 'logSurvival'] as const) {
          const at = (value: number) => {
            const out = derivatives(3);
            generalisedGamma[curve](Math.exp(logTime), logTime, [0.1, 0.2, value], out);
            return out;
          };
          const h = 1e-5;
          const [up, middle, down] = [at(q + h), at(q), at(q - h)];
          // Central differences: rounding 1e-13 / h of quadratures of the order of 1, and h² times a third derivative.
          expect(Math.abs((up.value - down.value) / (2 * h) - middle.gradient[2])).toBeLessThan(1e-7);
          for (const j of [0, 1, 2]) {
            expect(Math.abs((up.gradient[j] - down.gradient[j]) / (2 * h) - middle.hessian[6 + j])).toBeLessThan(1e-6);
          }
        }
      }
    }
  });

  test('has no mean where its tail is too heavy', () => {
    expect(generalisedGamma.mean([0, Math.log(2), -0.5], new Float64Array(3))).toBe(Infinity);
    // Q = scale is a gamma of shape 1 / scale²: mean exp(location).
    expect(generalisedGamma.mean([0.7, Math.log(0.8), 0.8], new Float64Array(3))).toBeCloseTo(Math.exp(0.7), 11);
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

  test.each([
    { distribution: weibull, theta: [1.5, -1.2] },
    { distribution: logNormal, theta: [1.5, -1.2] },
    { distribution: logLogistic, theta: [1.5, -1.2] },
    { distribution: generalisedGamma, theta: [1.5, -1.2, 0.4] },
    { distribution: generalisedGamma, theta: [1.5, -1.2, -0.6] },
    { distribution: generalisedF, theta: [1.5, -1.2, 0.4, -1] },
    { distribution: generalisedF, theta: [1.5, -1.2, -0.6, -2] },
    { distribution: gompertz, theta: [-1.5, 0.3] },
    { distribution: piecewiseExponential([1, 4]), theta: [-1.5, 0.6, -0.3] },
  ])(
    '$distribution.name, theta $theta: S of the quantile, and the mean as the limit of restricted means',
    ({ distribution, theta }) => {
      const size = theta.length;
      for (const p of [1e-10, 0.01, 0.5, 0.99, 1 - 1e-10]) {
        const time = distribution.quantile(p, theta);
        const out = derivatives(size);
        distribution.logSurvival(time, Math.log(time), theta, out);
        // log S is off by the rounding of p itself, and by that of log t divided by the scale.
        expect(relativeError(out.value, Math.log1p(-p))).toBeLessThan(1e-12 + 1e-16 / Math.min(p, 1 - p));
      }
      const gradient = new Float64Array(size);
      const limit = new Float64Array(size);
      const mean = distribution.mean(theta, gradient);
      // The tail beyond 1e9 of the log-logistic with scale 0.301 is of the order 1e9^(1 - 1 / 0.301) < 1e-20.
      expect(relativeError(restrictedMean(distribution, theta, 1e9, limit), mean)).toBeLessThan(1e-11);
      for (let j = 0; j < size; j++) expect(relativeError(gradient[j], limit[j])).toBeLessThan(1e-10);
    },
  );

  test('the log-logistic has no mean from scale 1 on', () => {
    expect(logLogistic.mean([0, 0.1], new Float64Array(2))).toBe(Infinity);
  });
});
