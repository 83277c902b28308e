import { lastAtOrBefore, onClock } from '../clock.ts';
import { type RiskSets, riskSets } from '../cox/riskSets.ts';
import { normalQuantile } from '../numerics/specialFunctions.ts';
import type { SurvivalTable } from '../table/table.ts';
import { clusteredAreaError, clusteredStandardErrors, isClustered } from './clusteredCurve.ts';

/** Scale on which the confidence interval of S is symmetric; R's `conf.type`. */
export type ConfidenceScale = 'log' | 'log-log' | 'plain';

/** An estimate of S as a step function, with its confidence limits. */
export interface SurvivalCurvePoints {
  /** Where it falls, ascending; a Kaplan-Meier estimate also has the times of censorings. */
  readonly times: Float64Array;
  /** S just after each time. */
  readonly survival: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface KaplanMeierEstimate extends RiskSets, SurvivalCurvePoints {
  /**
   * The standard error of log S (R's `std.err`): the square root of Greenwood's sum d / (n (n - d)), or of a table with
   * clusters that of the infinitesimal jackknife. Infinite where S is 0; NaN where all rows are of one cluster, which
   * tells nothing of how clusters differ.
   */
  readonly standardErrorLog: Float64Array;
  /** Confidence limits in [0, 1]; NaN where S is 0, as the standard error is not finite there (R gives NA), and of one cluster. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly confidenceLevel: number;
}

export interface KaplanMeierOptions {
  readonly confidenceLevel?: number;
  readonly confidenceScale?: ConfidenceScale;
}

/**
 * Product-limit estimate of S (Kaplan and Meier 1958); equal to R's `survfit(Surv(...) ~ 1)`, of a table with clusters to the same
 * with `cluster`.
 * @throws InputError on interval-censored rows.
 */
export function kaplanMeier(table: SurvivalTable, options: KaplanMeierOptions = {}): KaplanMeierEstimate {
  const { confidenceLevel = 0.95, confidenceScale = 'log' } = options;
  const sets = riskSets(table, 'Kaplan-Meier');
  const z = normalQuantile(0.5 + confidenceLevel / 2);
  const clustered = isClustered(table) ? clusteredStandardErrors(table, sets) : null;
  const survival = new Float64Array(sets.times.length);
  const standardErrorLog = new Float64Array(sets.times.length);
  const lower = new Float64Array(sets.times.length);
  const upper = new Float64Array(sets.times.length);
  let product = 1;
  let greenwood = 0;
  for (let k = 0; k < sets.times.length; k++) {
    const n = sets.atRisk[k];
    const d = sets.events[k];
    if (d > 0) {
      product *= (n - d) / n;
      greenwood += d / (n * (n - d));
    }
    survival[k] = product;
    standardErrorLog[k] = clustered === null ? Math.sqrt(greenwood) : clustered[k];
    [lower[k], upper[k]] = survivalInterval(product, standardErrorLog[k], z, confidenceScale);
  }
  return { ...sets, survival, standardErrorLog, lower, upper, confidenceLevel };
}

function survivalInterval(s: number, se: number, z: number, scale: ConfidenceScale): [number, number] {
  if (s === 0 || Number.isNaN(se)) return [Number.NaN, Number.NaN];
  if (s === 1) return [1, 1];
  switch (scale) {
    case 'plain':
      return [Math.max(0, s - z * s * se), Math.min(1, s + z * s * se)];
    case 'log':
      return [s * Math.exp(-z * se), Math.min(1, s * Math.exp(z * se))];
    case 'log-log': {
      const spread = Math.exp((z * se) / Math.abs(Math.log(s)));
      return [s ** spread, s ** (1 / spread)];
    }
  }
}

/** S(t) of an estimate: a right-continuous step function, 1 before the first time. */
export function survivalProbability(estimate: SurvivalCurvePoints, time: number): number {
  const index = lastAtOrBefore(estimate.times, onClock(estimate.times, time));
  return index < 0 ? 1 : estimate.survival[index];
}

/** A quantile of the time to failure; null where the curve (or its limit) does not reach it. */
export interface SurvivalQuantile {
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** The time by which a share `p` has failed, with the limits read off the confidence curves, as R's `quantile.survfit`. */
export function survivalQuantile(estimate: SurvivalCurvePoints, p: number): SurvivalQuantile {
  return {
    estimate: crossing(estimate.times, estimate.survival, 1 - p),
    lower: crossing(estimate.times, estimate.lower, 1 - p),
    upper: crossing(estimate.times, estimate.upper, 1 - p),
  };
}

/** Median time to failure, with its confidence limits. */
export function medianSurvival(estimate: SurvivalCurvePoints): SurvivalQuantile {
  return survivalQuantile(estimate, 0.5);
}

/** Where a falling curve passes `level`; the middle of the flat stretch if it runs exactly along it (R's convention). */
function crossing(times: Float64Array, curve: Float64Array, level: number): number | null {
  // R compares with this relative tolerance, so that 1 - 2/4 counts as one half.
  const tolerance = 1.5e-8;
  const index = curve.findIndex((value) => value <= level + tolerance);
  if (index < 0) return null;
  if (curve[index] < level - tolerance) return times[index];
  const end = curve.findIndex((value, k) => k > index && value < level - tolerance);
  return end < 0 ? times[index] : (times[index] + times[end]) / 2;
}

export interface RestrictedMean {
  readonly estimate: number;
  readonly standardError: number;
}

/**
 * Area under the curve up to `horizon`, with Greenwood's variance: R's `survfit` with `rmean`; of a table with clusters with the variance
 * of the infinitesimal jackknife (NaN of one cluster). Beyond the last time the curve is continued level.
 * @param table that the estimate is of
 */
export function restrictedMeanSurvival(
  estimate: KaplanMeierEstimate,
  horizon: number,
  table: SurvivalTable,
): RestrictedMean {
  const { times, survival, atRisk, events } = estimate;
  const end = lastAtOrBefore(times, horizon);
  const areas = new Float64Array(times.length);
  let area = 0;
  let variance = 0;
  // Backwards: `area` is that to the right of the time in turn.
  for (let k = end; k >= 0; k--) {
    area += survival[k] * ((k === end ? horizon : times[k + 1]) - times[k]);
    areas[k] = area;
    // Where everyone left fails, no area remains and the term is 0.
    if (events[k] > 0 && area > 0) variance += (area * area * events[k]) / (atRisk[k] * (atRisk[k] - events[k]));
  }
  const standardError = isClustered(table) ? clusteredAreaError(table, estimate, areas) : Math.sqrt(variance);
  return { estimate: area + (end < 0 ? horizon : times[0]), standardError };
}
