import { InputError } from '../../../base/errors.ts';
import { weibull } from '../distributions/weibull.ts';
import { timeSummary } from '../fitChecks.ts';
import { maximise } from '../numerics/newton.ts';
import type { Evaluation } from '../parametric/likelihood.ts';
import { isExact, lastObservedTime, requireRightCensoring, type SurvivalTable, totalWeight } from '../table/table.ts';

export interface Calibration {
  /** P(T <= time) of each row: as predicted, and as observed among rows with such a prediction. */
  readonly predicted: Float64Array;
  readonly observed: Float64Array;
  readonly time: number;
  /** Integrated calibration index: the mean of |observed - predicted|. */
  readonly ici: number;
  /** The median of |observed - predicted|, its 90th percentile, and its maximum. */
  readonly e50: number;
  readonly e90: number;
  readonly emax: number;
}

/**
 * Calibration of predicted probabilities of failure by `time` (Austin, Harrell and van Klaveren 2020). What is observed is read
 * off a flexible survival model of the predictions alone, log H(t) = g0 + g1 u + g2 B(u), u = log t - b log(-log(1 - predicted)),
 * with B a restricted cubic spline with knots at the 5th, 50th and 95th percentile of the log failure times: the model that
 * lifelines' `survival_probability_calibration` names, here at its maximum.
 * @param predicted P(T <= time) of each row of the table
 * @throws InputError on interval censoring, times of 0, or fewer than three distinct failure times.
 */
export function calibration(table: SurvivalTable, predicted: ArrayLike<number>, time: number): Calibration {
  requireRightCensoring(table, 'calibration');
  requireLogTimes(table, time);
  const probabilities = Float64Array.from(predicted);
  const x = probabilities.map((p) => Math.log(-Math.log1p(-Math.min(Math.max(p, 1e-10), 1 - 1e-10))));
  const spline = restrictedCubicSpline(knotsOf(table));
  const [location, logScale] = weibull.start(timeSummary(table));
  const slope = Math.exp(-logScale);
  const start = Float64Array.of(0, -location * slope, slope, 0);
  const { beta, converged } = maximise((point) => splineLikelihood(table, x, spline, point), start);
  if (!converged)
    throw new InputError(`calibration at ${time}: the smoothing model has no maximum; there are too few failures`);
  const observed = x.map((value) => {
    const u = Math.log(time) - beta[0] * value;
    return -Math.expm1(-Math.exp(beta[1] + beta[2] * u + beta[3] * spline(u)[0]));
  });
  const errors = observed.map((value, i) => Math.abs(value - probabilities[i]));
  const total = totalWeight(table);
  return {
    predicted: probabilities,
    observed,
    time,
    ici: errors.reduce((sum, error, i) => sum + (table.weights[i] / total) * error, 0),
    e50: weightedQuantile(errors, table.weights, 0.5),
    e90: weightedQuantile(errors, table.weights, 0.9),
    emax: weightedQuantile(errors, table.weights, 1),
  };
}

/** @throws InputError on times of 0: the smoothing model is one of log time. */
function requireLogTimes(table: SurvivalTable, time: number): void {
  const row = table.lower.indexOf(0);
  if (row >= 0)
    throw new InputError(`calibration: row ${row + 1} has time 0, and the smoothing model is one of log time`);
  if (!(time > 0)) throw new InputError(`calibration: the time ${time} should be positive`);
}

/** Value and first three derivatives. */
type Spline = (u: number) => readonly [number, number, number, number];

function knotsOf(table: SurvivalTable): [number, number, number] {
  const failed = Array.from({ length: table.rows }, (_, i) => i).filter((i) => isExact(table, i));
  const logs = Float64Array.from(failed, (i) => Math.log(table.lower[i]));
  const weights = Float64Array.from(failed, (i) => table.weights[i]);
  if (new Set(logs).size < 3) {
    throw new InputError(`calibration: ${new Set(logs).size} distinct failure times; at least three are needed`);
  }
  const [low, middle, high] = [0.05, 0.5, 0.95].map((p) => weightedQuantile(logs, weights, p));
  if (!(low < middle && middle < high))
    throw new InputError('calibration: most failures are at one time; there is nothing to smooth');
  return [low, middle, high];
}

/** A cubic between the knots, straight beyond them. */
function restrictedCubicSpline([low, middle, high]: readonly [number, number, number]): Spline {
  const share = (high - middle) / (high - low);
  const terms = [
    [middle, 1],
    [low, -share],
    [high, share - 1],
  ];
  return (u) => {
    let [value, first, second, third] = [0, 0, 0, 0];
    for (const [knot, factor] of terms) {
      const v = Math.max(0, u - knot);
      value += factor * v ** 3;
      first += 3 * factor * v ** 2;
      second += 6 * factor * v;
      third += u > knot ? 6 * factor : 0;
    }
    return [value, first, second, third];
  };
}

/** Log likelihood of the smoothing model in (b, g0, g1, g2), right-censored, with delayed entry. */
function splineLikelihood(table: SurvivalTable, x: Float64Array, spline: Spline, point: Float64Array): Evaluation {
  const [b, g0, g1, g2] = point;
  const gradient = new Float64Array(4);
  const hessian = new Float64Array(16);
  let value = 0;

  /** Adds factor · (event · log h - H) at a time, leaving out -log t. */
  function add(time: number, event: boolean, i: number, factor: number): void {
    const u = Math.log(time) - b * x[i];
    const [basis, first, second, third] = spline(u);
    const eta = g0 + g1 * u + g2 * basis;
    const slope = g1 + g2 * first;
    const hazard = Math.exp(eta);
    const eventual = event ? 1 : 0;
    value += factor * (event ? eta + Math.log(slope) : 0) - factor * hazard;
    const dEta = [-slope * x[i], 1, u, basis];
    const dSlope = [-g2 * second * x[i], 0, 1, first];
    for (let a = 0; a < 4; a++) {
      gradient[a] += factor * ((eventual - hazard) * dEta[a] + (event ? dSlope[a] / slope : 0));
      for (let c = 0; c < 4; c++) {
        const ddEta = crossed(a, c, [g2 * second * x[i] * x[i], -x[i], -first * x[i]]);
        const ddSlope = crossed(a, c, [g2 * third * x[i] * x[i], 0, -second * x[i]]);
        hessian[a * 4 + c] +=
          factor *
          ((eventual - hazard) * ddEta -
            hazard * dEta[a] * dEta[c] +
            (event ? ddSlope / slope - (dSlope[a] * dSlope[c]) / slope ** 2 : 0));
      }
    }
  }

  for (let i = 0; i < table.rows; i++) {
    add(table.lower[i], isExact(table, i), i, table.weights[i]);
    if (table.entry[i] > 0) add(table.entry[i], false, i, -table.weights[i]);
  }
  return { value, gradient, hessian };
}

/** Second derivative by parameters a and c: only those by b twice, by b and g1, by b and g2 are not 0. */
function crossed(a: number, c: number, [twice, withG1, withG2]: readonly number[]): number {
  if (a === 0 && c === 0) return twice;
  if (a * c !== 0) return 0;
  return a + c === 2 ? withG1 : a + c === 3 ? withG2 : 0;
}

/** The time by which half of the failures that were seen had been seen; an interval counts by its upper end. */
export function medianFailureTime(table: SurvivalTable): number {
  const failed = Array.from({ length: table.rows }, (_, i) => i).filter((i) => table.upper[i] < Infinity);
  if (failed.length === 0) return lastObservedTime(table);
  const pick = (values: Float64Array) => Float64Array.from(failed, (i) => values[i]);
  return weightedQuantile(pick(table.upper), pick(table.weights), 0.5);
}

/**
 * Quantile of values that stand for `weight` equal ones each, linear between neighbours (NumPy's default, R's type 7). Weights that
 * are not all whole are no frequencies and matter only in proportion: they are made to add up to the number of values. Hmisc's
 * `wtd.quantile`, with `normwt = TRUE` for these.
 */
export function weightedQuantile(values: Float64Array, weights: Float64Array, p: number): number {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const unit = weights.every(Number.isInteger) ? 1 : sum / values.length;
  const total = sum / unit;
  const position = p * Math.max(0, total - 1);
  const at = (rank: number) => {
    let passed = 0;
    for (const i of order) {
      passed += weights[i];
      // Ranks 0 to weight - 1 are the first value, also where rounding leaves the sum short of them.
      if (rank + 1 <= (passed / unit) * (1 + 1e-12)) return values[i];
    }
    return values[order[order.length - 1]];
  };
  const below = Math.floor(position);
  return at(below) + (position - below) * (at(below + 1) - at(below));
}
