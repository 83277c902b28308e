import { type AcceleratedFailureTimeFit, type CovariateRow, derivatives, parametersAt } from '../../survival/index.ts';
import type { StudyFit } from '../lines/survival.ts';
import { profiles } from './studyTable.ts';

/** A point of a fitted survival curve. */
export interface FittedPoint {
  readonly time: number;
  readonly survival: number;
}

/** S at each time for a row of covariates, without limits. */
export function survivalAt(
  fit: AcceleratedFailureTimeFit,
  row: CovariateRow,
  times: readonly number[],
): readonly number[] {
  const theta = parametersAt(fit, row);
  const out = derivatives(theta.length);
  return times.map((time) => {
    if (time <= 0) return 1;
    fit.distribution.logSurvival(time, Math.log(time), theta, out);
    return Math.exp(out.value);
  });
}

/** The mean of the fitted survival over the samples of some conditions of the modelled table. */
export function fittedSurvival(
  { modelled, covariates }: StudyFit,
  fit: AcceleratedFailureTimeFit,
  chosen: readonly number[],
  times: readonly number[],
): FittedPoint[] {
  const { rows, weights } = profiles(modelled, covariates.columns, chosen);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = new Float64Array(times.length);
  rows.forEach((row, k) => {
    survivalAt(fit, row, times).forEach((survival, i) => {
      mean[i] += (survival * weights[k]) / total;
    });
  });
  return times.map((time, k) => ({ time, survival: mean[k] }));
}
