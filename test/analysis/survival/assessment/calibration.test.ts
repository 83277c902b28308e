import { describe, expect, test } from 'vitest';
import { weightedQuantile } from '../../../../src/analysis/survival/assessment/calibration.ts';
import {
  brierScores,
  calibration,
  covariateRows,
  coxSnellPlot,
  exponential,
  fitAcceleratedFailureTime,
  logLogistic,
  type ParametricFit,
  parametricScoreResiduals,
  predictSurvival,
  quantilePlot,
  residuals,
  type SurvivalTable,
  selectRows,
  survivalTable,
  weibull,
} from '../../../../src/analysis/survival/index.ts';
import { pythonReferences, reference, relativeError, tableOf } from '../../../support/survivalFixtures.ts';

const python = pythonReferences();
const lung = tableOf(reference('lung'));
const byName = { weibull, 'log-logistic': logLogistic } as const;

function survivalOf(fit: ParametricFit, table: SurvivalTable): (row: number, time: number) => number {
  const rows = covariateRows(table);
  return (row, time) => predictSurvival(fit, rows[row], [time])[0].estimate;
}

function failureProbabilities(fit: ParametricFit, table: SurvivalTable, time: number): number[] {
  const survival = survivalOf(fit, table);
  return Array.from({ length: table.rows }, (_, row) => 1 - survival(row, time));
}

/** lifelines' own fit, of which the references are made, stops about 1e-6 from the maximum. */
const LIFELINES_CONVERGENCE = 1e-5;

describe('calibration of lung', () => {
  test.each(python.calibration)(
    '$distribution at $time days, against the same spline maximised with SciPy',
    (expected) => {
      const fit = fitAcceleratedFailureTime(lung, {
        distribution: byName[expected.distribution as keyof typeof byName],
      });
      const result = calibration(lung, failureProbabilities(fit, lung, expected.time), expected.time);
      // Nelder-Mead ends about 1e-7 from the maximum in these probabilities.
      expect(result.ici).toBeCloseTo(expected.ici, 5);
      expect(result.e50).toBeCloseTo(expected.e50, 5);
      expect(result.e90).toBeCloseTo(expected.e90, 5);
      expect(result.emax).toBeGreaterThanOrEqual(result.e90);
    },
  );

  test('a prediction that is off is seen to be off', () => {
    const fit = fitAcceleratedFailureTime(lung, { distribution: weibull });
    const right = failureProbabilities(fit, lung, 365);
    const { ici: good } = calibration(lung, right, 365);
    // Squared, the same order of rows means another probability: p becomes p², off by p (1 - p), which is 0.2 and more here.
    const { ici: bad, observed } = calibration(
      lung,
      right.map((p) => p * p),
      365,
    );
    expect(good).toBeLessThan(0.01);
    expect(bad).toBeGreaterThan(0.15);
    observed.forEach((value, i) => {
      expect(Math.abs(value - right[i])).toBeLessThan(0.02);
    });
  });

  test('one probability for all is compared with the share that fails', () => {
    const { observed } = calibration(lung, Array(lung.rows).fill(0.5), 310);
    // Kaplan-Meier of the fixture is 0.4949 at 310 days; the spline smooths it.
    expect(Math.abs(observed[0] - 0.5)).toBeLessThan(0.03);
    expect(new Set(observed).size).toBe(1);
  });

  test('weights are frequencies', () => {
    const twice = survivalTable({
      lower: lung.lower,
      upper: lung.upper,
      weights: lung.weights.map((weight) => 2 * weight),
      covariates: lung.covariates,
    });
    const p = failureProbabilities(fitAcceleratedFailureTime(lung, { distribution: weibull }), lung, 365);
    // Knots lie between the same neighbours, but a little elsewhere.
    expect(calibration(twice, p, 365).ici).toBeCloseTo(calibration(lung, p, 365).ici, 3);
    expect(weightedQuantile(Float64Array.of(3, 1, 2), Float64Array.of(1, 2, 1), 0.5)).toBe(1.5);
    expect(weightedQuantile(Float64Array.of(3, 1, 2), Float64Array.of(1, 2, 1), 0.9)).toBeCloseTo(2.7, 14);
  });

  test('quantiles by weights that are no frequencies: Hmisc 4.8.0, wtd.quantile(x, w, p, normwt = TRUE); by whole ones: R, rep(x, w)', () => {
    const values = Float64Array.of(5, 1, 4, 2, 8, 3);
    const shares = [0, 0.1, 0.25, 0.5, 0.9, 1];
    const of = (weights: Float64Array) => shares.map((p) => weightedQuantile(values, weights, p));
    expect(of(Float64Array.of(0.3, 0.1, 0.7, 0.2, 0.5, 0.4))).toEqual([3, 3.5, 4, 4.5, 8, 8]);
    of(Float64Array.of(3, 1, 7, 2, 5, 4)).forEach((value, k) => {
      expect(value).toBeCloseTo([1, 2.1, 3, 4, 8, 8][k], 14);
    });
    // Equal weights of any size are none.
    expect(of(new Float64Array(6).fill(0.2))).toEqual(of(new Float64Array(6).fill(1)));
  });

  test('needs failures', () => {
    const table = survivalTable({ durations: [1, 1, 2], events: [1, 1, 0] });
    expect(() => calibration(table, [0.1, 0.2, 0.3], 1)).toThrow(/1 distinct failure times; at least three/);
  });
});

describe('Brier scores of lung, against scikit-survival', () => {
  test('of a test set, with the censoring of the training set', () => {
    const training = selectRows(lung, (row) => row < 150);
    const held = selectRows(lung, (row) => row >= 150);
    const fit = fitAcceleratedFailureTime(training, { distribution: weibull });
    const { scores } = brierScores(held, python.brierTest.times, survivalOf(fit, held), training);
    scores.forEach((score, k) => {
      expect(relativeError(score, python.brierTest.scores[k])).toBeLessThan(LIFELINES_CONVERGENCE);
    });
  });
});

describe('residuals', () => {
  test('martingales of an exponential add up to 0, and are failures less time over mean', () => {
    const table = survivalTable({ durations: [1, 2, 3, 4], events: [1, 0, 1, 1], entry: [0, 0, 1, 0] });
    const fit = fitAcceleratedFailureTime(table, { distribution: exponential });
    const rate = 3 / 9;
    const all = residuals(fit, table);
    expect(all.map(({ coxSnell }) => coxSnell)).toEqual([1, 2, 2, 4].map((t) => expect.closeTo(t * rate, 12)));
    expect(all.reduce((sum, { martingale }) => sum + martingale, 0)).toBeCloseTo(0, 12);
    // sign(m) sqrt(-2 (m + log H)) with m = 1 - 1/3; a censored row has -sqrt(2 H).
    expect(all[0].deviance).toBeCloseTo(Math.sqrt(-2 * (2 / 3 - Math.log(3))), 12);
    expect(all[1].deviance).toBeCloseTo(-Math.sqrt(4 / 3), 12);
  });

  test('Cox-Snell residuals of a model that holds lie on the diagonal, those of a wrong one do not', () => {
    // Quantiles of a Weibull with scale 1/2: ideal data.
    const durations = Array.from({ length: 200 }, (_, k) => Math.sqrt(-Math.log(1 - (k + 0.5) / 200)));
    const table = survivalTable({ durations });
    const farthest = (distribution: typeof weibull) => {
      const { observed, expected } = coxSnellPlot(fitAcceleratedFailureTime(table, { distribution }), table);
      // The lower nine tenths: the last steps of Nelson-Aalen are coarse.
      return observed.slice(0, 180).reduce((most, value, k) => Math.max(most, Math.abs(value - expected[k])), 0);
    };
    // Half a step of the estimate at its 180th of 200: 1 / 20 / 2, and the estimation error of the shape.
    expect(farthest(weibull)).toBeLessThan(0.05);
    expect(farthest(exponential)).toBeGreaterThan(0.3);
  });

  test('score residuals of a Weibull with a covariate of the scale add up to 0, and make the robust covariance', () => {
    const { rows } = reference('lung');
    const lung = survivalTable({ durations: rows.time, events: rows.event, covariates: { sex: rows.sex } });
    const options = { distribution: weibull, ancillary: { scale: ['sex'] } };
    const [model, robust] = (['model', 'robust'] as const).map((covariance) =>
      fitAcceleratedFailureTime(lung, { ...options, covariance }),
    );
    const scores = parametricScoreResiduals(model, lung);
    const size = model.estimates.length;
    const rowOf = (i: number) => scores.subarray(i * size, (i + 1) * size);
    // dfbeta of each row, whose products add up to the sandwich.
    const dfbetas = Array.from({ length: lung.rows }, (_, i) =>
      Array.from({ length: size }, (_, a) =>
        rowOf(i).reduce((sum, s, b) => sum + model.covariance[a * size + b] * s, 0),
      ),
    );
    for (let a = 0; a < size; a++) {
      // In standard errors: what is left of the gradient at a maximum.
      expect(dfbetas.reduce((sum, row) => sum + row[a], 0) / model.coefficients[a].standardError).toBeCloseTo(0, 8);
      const variance = dfbetas.reduce((sum, row) => sum + row[a] ** 2, 0);
      expect(variance / robust.coefficients[a].standardError ** 2).toBeCloseTo(1, 8);
    }
  });

  test('Q-Q plot: times over their ratios against quantiles of the model, in closed form', () => {
    const durations = [3, 1, 7, 2, 9, 4];
    const x = [0, 1, 0, 1, 1, 0];
    const fit = fitAcceleratedFailureTime(survivalTable({ durations, covariates: { x } }), {
      distribution: logLogistic,
    });
    const { observed, expected } = quantilePlot(fit, survivalTable({ durations, covariates: { x } }), { x: 0.25 });
    const [intercept, slope] = fit.estimates;
    const moved = durations.map((time, i) => time * Math.exp(slope * (0.25 - x[i]))).sort((a, b) => a - b);
    moved.forEach((time, k) => {
      // Without censoring the middles of the steps are at (k + 1/2) / 6; the log-logistic's quantile is logit(p) · scale.
      const p = (k + 0.5) / 6;
      expect(observed[k] / time).toBeCloseTo(1, 10);
      expect(expected[k] / Math.exp(intercept + 0.25 * slope + fit.scale! * Math.log(p / (1 - p)))).toBeCloseTo(1, 10);
    });
    expect(observed).toHaveLength(6);
  });
});
