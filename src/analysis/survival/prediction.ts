import { InputError } from '../../base/errors.ts';
import { restrictedMean } from './curves/restrictedMean.ts';
import { derivatives } from './distributions/distribution.ts';
import { quadraticForm } from './numerics/linearAlgebra.ts';
import { normalQuantile } from './numerics/specialFunctions.ts';
import type { ParametricFit } from './parametric/parametric.ts';
import type { CovariateRow } from './table/table.ts';

/** A predicted quantity with its standard error and confidence limits (delta method, the fit's covariance and level). */
export interface Prediction {
  readonly estimate: number;
  readonly standardError: number;
  readonly lower: number;
  readonly upper: number;
}

/** A function of theta; writes its gradient by theta. */
type Functional = (theta: Float64Array, gradient: Float64Array) => number;

/** theta of one row of covariates. @throws InputError naming a covariate that the row lacks. */
export function parametersAt(fit: ParametricFit, row: CovariateRow): Float64Array {
  return Float64Array.from(fit.blocks, ({ covariates, offset }) =>
    covariates.reduce(
      (sum, name, k) => sum + fit.estimates[offset + 1 + k] * covariate(row, name),
      fit.estimates[offset],
    ),
  );
}

function covariate(row: CovariateRow, name: string): number {
  const value = row[name];
  if (value === undefined || !Number.isFinite(value)) {
    throw new InputError(`prediction: covariate "${name}" is ${value ?? 'missing'}; a finite number is needed`);
  }
  return value;
}

/** Value of a functional at a row, and its gradient by the coefficients. */
function evaluateAt(
  fit: ParametricFit,
  row: CovariateRow,
  functional: Functional,
): { value: number; gradient: Float64Array } {
  const byTheta = new Float64Array(fit.blocks.length);
  const value = functional(parametersAt(fit, row), byTheta);
  const gradient = new Float64Array(fit.estimates.length);
  fit.blocks.forEach(({ covariates, offset }, j) => {
    gradient[offset] = byTheta[j];
    covariates.forEach((name, k) => {
      gradient[offset + 1 + k] = byTheta[j] * row[name];
    });
  });
  return { value, gradient };
}

/** Standard error of a quantity with this gradient by the coefficients. */
function deltaMethod(fit: ParametricFit, gradient: Float64Array): number {
  return Math.sqrt(Math.max(0, quadraticForm(fit.covariance, fit.estimates.length, gradient)));
}

const quantileOf = (fit: ParametricFit) => normalQuantile(0.5 + fit.confidenceLevel / 2);

/** A positive quantity, with limits symmetric on the log scale. An infinite one has the limits 0 and Infinity. */
function positive(fit: ParametricFit, value: number, gradient: Float64Array): Prediction {
  if (value === Infinity) return { estimate: value, standardError: Infinity, lower: 0, upper: Infinity };
  const standardError = deltaMethod(fit, gradient);
  const factor = Math.exp((quantileOf(fit) * standardError) / value);
  return { estimate: value, standardError, lower: value / factor, upper: value * factor };
}

/** S(t | x) at each time; limits symmetric on the scale of log(-log S). */
export function predictSurvival(fit: ParametricFit, row: CovariateRow, times: readonly number[]): Prediction[] {
  return times.map((time) => {
    const { value, gradient } = evaluateAt(fit, row, logSurvivalAt(fit, time));
    return survivalFromLog(fit, value, gradient);
  });
}

/** S(t | x, T > given) at each time from `given` on: of those who survived so far, the share that survives t. */
export function predictConditionalSurvival(
  fit: ParametricFit,
  row: CovariateRow,
  times: readonly number[],
  given: number,
): Prediction[] {
  const before = evaluateAt(fit, row, logSurvivalAt(fit, given));
  return times.map((time) => {
    const { value, gradient } = evaluateAt(fit, row, logSurvivalAt(fit, Math.max(time, given)));
    return survivalFromLog(
      fit,
      value - before.value,
      gradient.map((g, j) => g - before.gradient[j]),
    );
  });
}

function logSurvivalAt(fit: ParametricFit, time: number): Functional {
  return (theta, gradient) => {
    if (time <= 0) return 0;
    const out = derivatives(theta.length);
    fit.distribution.logSurvival(time, Math.log(time), theta, out);
    gradient.set(out.gradient);
    return out.value;
  };
}

function survivalFromLog(fit: ParametricFit, logSurvival: number, gradient: Float64Array): Prediction {
  const estimate = Math.exp(logSurvival);
  if (estimate === 1 || estimate === 0) return { estimate, standardError: 0, lower: estimate, upper: estimate };
  const standardErrorLog = deltaMethod(fit, gradient);
  const factor = Math.exp((quantileOf(fit) * standardErrorLog) / Math.abs(logSurvival));
  return {
    estimate,
    standardError: estimate * standardErrorLog,
    lower: Math.exp(logSurvival * factor),
    upper: Math.exp(logSurvival / factor),
  };
}

/** Hazard f / S at each time, failures per unit of time. */
export function predictHazard(fit: ParametricFit, row: CovariateRow, times: readonly number[]): Prediction[] {
  return times.map((time) => {
    const { value, gradient } = evaluateAt(fit, row, hazardAt(fit, time));
    return positive(fit, value, gradient);
  });
}

function hazardAt(fit: ParametricFit, time: number): Functional {
  return (theta, gradient) => {
    const density = derivatives(theta.length);
    const survival = derivatives(theta.length);
    fit.distribution.logDensity(time, Math.log(time), theta, density);
    fit.distribution.logSurvival(time, Math.log(time), theta, survival);
    const hazard = Math.exp(density.value - survival.value);
    for (let j = 0; j < theta.length; j++) gradient[j] = hazard * (density.gradient[j] - survival.gradient[j]);
    return hazard;
  };
}

/** The time by which a share `p` (between 0 and 1) has failed. */
export function predictQuantile(fit: ParametricFit, row: CovariateRow, p: number): Prediction {
  if (!(p > 0 && p < 1)) throw new InputError(`quantile: ${p} should be between 0 and 1`);
  const { value, gradient } = evaluateAt(fit, row, (theta, out) => {
    const time = fit.distribution.quantile(p, theta);
    if (time === Infinity) return time;
    // S(t(theta), theta) is constant, so dt/dtheta = (d log S / dtheta) / hazard.
    const hazard = hazardAt(fit, time)(theta, out);
    logSurvivalAt(fit, time)(theta, out);
    for (let j = 0; j < out.length; j++) out[j] /= hazard;
    return time;
  });
  return positive(fit, value, gradient);
}

/** The time by which half has failed. */
export function predictMedian(fit: ParametricFit, row: CovariateRow): Prediction {
  return predictQuantile(fit, row, 0.5);
}

/** E[T | x]: extrapolates beyond the last observation; Infinity where it does not exist (log-logistic with a scale from 1 on). */
export function predictMean(fit: ParametricFit, row: CovariateRow): Prediction {
  const { value, gradient } = evaluateAt(fit, row, fit.distribution.mean);
  return positive(fit, value, gradient);
}

/** Share beyond the last observation from which on a mean rests on what nobody has seen. */
const EXTRAPOLATED = 0.05;

/** What to know of `predictMean` at a row, in plain words; null where the observations reach far enough. */
export function meanWarning(fit: ParametricFit, row: CovariateRow): string | null {
  const mean = predictMean(fit, row).estimate;
  if (mean === Infinity) {
    return `the mean time to failure is infinite under the ${fit.distribution.name} distribution: use the median or a restricted mean`;
  }
  const [{ estimate: beyond }] = predictSurvival(fit, row, [fit.lastObservedTime]);
  if (beyond <= EXTRAPOLATED) return null;
  return `the mean is extrapolated: ${(100 * beyond).toFixed(0)}% are expected to outlive the last observation at ${Number(fit.lastObservedTime.toPrecision(4))}; use the median or the mean restricted to it`;
}

/** E[min(T, horizon) | x]: the mean time to failure within the horizon. */
export function predictRestrictedMean(fit: ParametricFit, row: CovariateRow, horizon: number): Prediction {
  return averageRestrictedMean(fit, [row], horizon);
}

/**
 * E[min(T, horizon)] averaged over rows of covariates, each with its weight (1 when left out): the mean over a population of
 * attacks. The gradients are averaged before the delta method, so that the rows' common coefficients are counted once.
 */
export function averageRestrictedMean(
  fit: ParametricFit,
  rows: readonly CovariateRow[],
  horizon: number,
  weights?: ArrayLike<number>,
): Prediction {
  if (rows.length === 0) throw new InputError('restricted mean: no rows of covariates to average over');
  if (!(horizon > 0 && horizon < Infinity))
    throw new InputError(`restricted mean: the horizon ${horizon} should be a positive time`);
  let total = 0;
  let mean = 0;
  const gradient = new Float64Array(fit.estimates.length);
  rows.forEach((row, i) => {
    const weight = weights === undefined ? 1 : weights[i];
    const at = evaluateAt(fit, row, (theta, out) => restrictedMean(fit.distribution, theta, horizon, out));
    total += weight;
    mean += weight * at.value;
    for (let j = 0; j < gradient.length; j++) gradient[j] += weight * at.gradient[j];
  });
  return positive(
    fit,
    mean / total,
    gradient.map((g) => g / total),
  );
}
