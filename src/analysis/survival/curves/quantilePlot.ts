import { type QuantilePlot, residuals } from '../assessment/residuals.ts';
import type { ParametricFit } from '../parametric/parametric.ts';
import { parametersAt } from '../prediction.ts';
import { type CovariateRow, isExact, type SurvivalTable, survivalTable } from '../table/table.ts';
import { kaplanMeier } from './kaplanMeier.ts';

/**
 * Q-Q plot of a parametric fit, in units of time: the failures, each moved to where it would be under the covariates `at` (same
 * cumulative hazard; with an accelerated failure time model, time divided by its ratio), against the quantiles that the fit has
 * there for the shares failed by then (Kaplan-Meier, the middle of each step).
 * @throws InputError on interval censoring, or a missing covariate
 */
export function quantilePlot(fit: ParametricFit, table: SurvivalTable, at: CovariateRow): QuantilePlot {
  const { times, survival, events } = kaplanMeier(
    survivalTable({
      durations: residuals(fit, table).map(({ coxSnell }) => Math.max(coxSnell, 0)),
      events: Array.from({ length: table.rows }, (_, row) => isExact(table, row)),
      weights: table.weights,
    }),
  );
  const theta = parametersAt(fit, at);
  const points: (readonly [observed: number, expected: number])[] = [];
  times.forEach((residual, k) => {
    if (events[k] === 0) return;
    const failed = 1 - (survival[k] + (k === 0 ? 1 : survival[k - 1])) / 2;
    points.push([fit.distribution.quantile(-Math.expm1(-residual), theta), fit.distribution.quantile(failed, theta)]);
  });
  // A quantile may lie at infinity (Gompertz hazards that fade), or beyond what a double can tell from 1.
  const finite = points.filter((point) => point.every(Number.isFinite));
  return {
    observed: Float64Array.from(finite, ([observed]) => observed),
    expected: Float64Array.from(finite, ([, expected]) => expected),
  };
}
