import { type FittedModel, modelSurvival } from '../../survival/index.ts';
import type { StudyFit } from '../lines/survival.ts';
import { profiles } from './studyTable.ts';

/** A point of a fitted survival curve. */
export interface FittedPoint {
  readonly time: number;
  readonly survival: number;
}

/** The mean of the fitted survival over the samples of some conditions of the modelled table. */
export function fittedSurvival(
  { modelled, covariates }: StudyFit,
  fitted: FittedModel,
  chosen: readonly number[],
  times: readonly number[],
): FittedPoint[] {
  const { rows, weights } = profiles(modelled, covariates.columns, chosen);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = new Float64Array(times.length);
  rows.forEach((row, k) => {
    modelSurvival(fitted, row, times).forEach((survival, i) => {
      mean[i] += (survival * weights[k]) / total;
    });
  });
  return times.map((time, k) => ({ time, survival: mean[k] }));
}
