import { lastAtOrBefore } from '../clock.ts';
import type { SurvivalTable } from '../table/table.ts';
import { type FailureTime, failureTimesByStratum } from './partialLikelihood.ts';

/** Sums over the failure times of one stratum up to each of them, starting with 0. */
interface Path {
  readonly times: Float64Array;
  readonly hazard: Float64Array;
  /** (times + 1) × size, row-major. */
  readonly hazardMean: Float64Array;
}

/**
 * Score residuals of a Cox model (Therneau, Grambsch and Fleming 1990), for one unit of each row's weight: rows × covariates,
 * row-major, in the covariates' own units. Efron's ties as R has them.
 */
export function scoreResiduals(
  table: SurvivalTable,
  covariates: readonly string[],
  estimates: Float64Array,
  means: Float64Array,
  failureTimes: readonly FailureTime[],
  strata: Int32Array,
): Float64Array {
  const size = covariates.length;
  const columns = covariates.map((name) => table.covariates[name]);
  const hazards = new Float64Array(table.rows);
  for (let i = 0; i < table.rows; i++) {
    hazards[i] = Math.exp(columns.reduce((sum, column, a) => sum + estimates[a] * (column[i] - means[a]), 0));
  }
  const count = strata.reduce((most, stratum) => Math.max(most, stratum + 1), 0);
  const paths = failureTimesByStratum(failureTimes, count).map((failures) => pathOf(failures, size));
  const result = new Float64Array(table.rows * size);
  for (let i = 0; i < table.rows; i++) {
    const path = paths[strata[i]];
    const from = table.entry[i] > 0 ? lastAtOrBefore(path.times, table.entry[i]) + 1 : 0;
    const to = lastAtOrBefore(path.times, table.lower[i]) + 1;
    const hazard = path.hazard[to] - path.hazard[from];
    for (let a = 0; a < size; a++) {
      const mean = path.hazardMean[to * size + a] - path.hazardMean[from * size + a];
      result[i * size + a] = -hazards[i] * (columns[a][i] * hazard - mean);
    }
  }
  for (const { failures, mean, goneHazard, goneHazardMean } of failureTimes) {
    for (const row of failures) {
      for (let a = 0; a < size; a++) {
        const x = columns[a][row];
        result[row * size + a] += x - mean[a] + hazards[row] * (x * goneHazard - goneHazardMean[a]);
      }
    }
  }
  return result;
}

function pathOf(failures: readonly FailureTime[], size: number): Path {
  const hazard = new Float64Array(failures.length + 1);
  const hazardMean = new Float64Array((failures.length + 1) * size);
  failures.forEach((at, k) => {
    hazard[k + 1] = hazard[k] + at.hazard;
    for (let a = 0; a < size; a++) hazardMean[(k + 1) * size + a] = hazardMean[k * size + a] + at.hazardMean[a];
  });
  return { times: Float64Array.from(failures, ({ time }) => time), hazard, hazardMean };
}
