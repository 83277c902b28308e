import { InputError } from '../../../base/errors.ts';
import { type RowResidual, rowResidual } from '../assessment/residuals.ts';
import { lastAtOrBefore } from '../clock.ts';
import { tiedTimes } from '../curves/tiedTimes.ts';
import { multiplyVector } from '../numerics/linearAlgebra.ts';
import { covariateRows, isExact, type SurvivalTable } from '../table/table.ts';
import { type CoxFit, logRelativeHazard } from './cox.ts';
import { scoreResiduals } from './scoreResiduals.ts';

/** Covariates of a failed row less their mean over those at risk: the share of the score at one failure. */
export interface SchoenfeldResidual {
  /** Row of the table that was fitted. */
  readonly row: number;
  readonly time: number;
  readonly weight: number;
  /** One for each covariate, in its own units. */
  readonly residual: Float64Array;
}

/**
 * Schoenfeld residuals (Schoenfeld 1982) of the table that was fitted; among ties, against the mean of Efron's terms.
 */
export function schoenfeldResiduals(fit: CoxFit, table: SurvivalTable): SchoenfeldResidual[] {
  return fit.failureTimes.flatMap(({ failures, time, mean }) =>
    failures.map((row) => ({
      row,
      time,
      weight: table.weights[row],
      residual: Float64Array.from(fit.covariates, (name, k) => table.covariates[name][row] - mean[k]),
    })),
  );
}

/**
 * What each row adds to the score (rows × covariates, row-major, own units), for one unit of its weight: they sum to 0.
 * @throws InputError with exact ties, which have no such residuals.
 */
export function coxScoreResiduals(fit: CoxFit, table: SurvivalTable): Float64Array {
  if (fit.ties === 'exact') throw new InputError("score residuals: exact ties have none; fit with Efron's");
  return scoreResiduals(tiedTimes(table), fit.covariates, fit.estimates, fit.means, fit.failureTimes, fit.strata);
}

/** About how much each row moved each coefficient (R's `dfbeta`): score residuals · covariance, rows × covariates, row-major. */
export function dfbeta(fit: CoxFit, table: SurvivalTable): Float64Array {
  const size = fit.covariates.length;
  const scores = coxScoreResiduals(fit, table);
  const result = new Float64Array(scores.length);
  for (let i = 0; i < scores.length; i += size) {
    result.set(multiplyVector(fit.modelCovariance, size, scores.subarray(i, i + size)), i);
  }
  return result;
}

/**
 * Residuals of every row of the table that was fitted. With Efron's ties a row that fails went through that share of the hazard of
 * its time before which it may have failed: R's `residuals` of a `coxph`, which sum to 0.
 */
export function coxResiduals(fit: CoxFit, given: SurvivalTable): RowResidual[] {
  const table = tiedTimes(given);
  const gone = new Float64Array(table.rows);
  for (const { failures, goneHazard } of fit.failureTimes) for (const row of failures) gone[row] = goneHazard;
  return covariateRows(table).map((values, row) => {
    const baseline = fit.baselines[fit.strata[row]];
    const hazardAt = (time: number) => {
      const k = lastAtOrBefore(baseline.times, time);
      return k < 0 ? 0 : baseline.cumulativeHazard[k];
    };
    const ratio = Math.exp(logRelativeHazard(fit, values));
    const coxSnell = ratio * (hazardAt(table.lower[row]) - hazardAt(table.entry[row]) - gone[row]);
    return rowResidual(isExact(table, row) ? 1 : 0, coxSnell);
  });
}
