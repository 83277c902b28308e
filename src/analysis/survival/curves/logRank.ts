import { InputError } from '../../../base/errors.ts';
import { descending } from '../assessment/ranking.ts';
import type { LikelihoodTest } from '../coefficients.ts';
import { riskSets } from '../cox/riskSets.ts';
import { cholesky, choleskySolve } from '../numerics/linearAlgebra.ts';
import { chiSquaredP } from '../numerics/specialFunctions.ts';
import { isExact, type SurvivalTable } from '../table/table.ts';
import { tiedTimes } from './tiedTimes.ts';

/** So many groups can be compared by a log-rank test, whose covariance has as many rows and columns. */
export const MOST_LOG_RANK_GROUPS = 200;

/**
 * Log-rank test (Mantel 1966) that all groups survive alike: failures seen in each group against those expected from its share of
 * those at risk, with hypergeometric variance; R's `survdiff`. As there, a group that was at risk at no failure is left out, and
 * counts no degree of freedom. Statistic NaN where no group could have had more failures.
 * @param groups the group of each row
 * @throws InputError on interval-censored rows, or more groups than MOST_LOG_RANK_GROUPS.
 */
export function logRankTest(given: SurvivalTable, groups: ArrayLike<string>): LikelihoodTest {
  const table = tiedTimes(given);
  const { times, atRisk, events } = riskSets(table, 'log-rank test');
  const labels = new Map([...new Set(Array.from(groups))].map((label, k) => [label, k]));
  const size = labels.size;
  if (size > MOST_LOG_RANK_GROUPS) {
    throw new InputError(`log-rank test: ${size} groups; at most ${MOST_LOG_RANK_GROUPS} can be compared`);
  }
  const groupOf = Int32Array.from(groups, (label) => labels.get(label)!);
  const excess = new Float64Array(size);
  const expected = new Float64Array(size);
  const variance = new Float64Array(size * size);
  for (let i = 0; i < table.rows; i++) if (isExact(table, i)) excess[groupOf[i]] += table.weights[i];
  sweep(table, groupOf, size, times, (own, k) => {
    const [n, d] = [atRisk[k], events[k]];
    if (d === 0) return;
    const spread = n > 1 ? (d * (n - d)) / (n - 1) : 0;
    for (let a = 0; a < size; a++) {
      const share = own[a] / n;
      expected[a] += d * share;
      for (let b = 0; b < size; b++) variance[a * size + b] += spread * share * ((a === b ? 1 : 0) - own[b] / n);
    }
  });
  // The last group's figures follow from the others'.
  const tested = Array.from(expected.keys())
    .filter((a) => expected[a] > 0)
    .slice(0, -1);
  const degreesOfFreedom = tested.length;
  const difference = Float64Array.from(tested, (a) => excess[a] - expected[a]);
  const matrix = Float64Array.from(tested.flatMap((a) => tested.map((b) => variance[a * size + b])));
  const factor = degreesOfFreedom === 0 ? null : cholesky(matrix, degreesOfFreedom);
  if (factor === null) return { statistic: Number.NaN, degreesOfFreedom, p: Number.NaN };
  const solved = choleskySolve(factor, degreesOfFreedom, difference);
  const statistic = difference.reduce((sum, value, a) => sum + value * solved[a], 0);
  return { statistic, degreesOfFreedom, p: chiSquaredP(statistic, degreesOfFreedom) };
}

/** Visits the ascending times with the weight of each group that is at risk just before them, in (entry, exit]. */
function sweep(
  table: SurvivalTable,
  groupOf: Int32Array,
  groups: number,
  times: Float64Array,
  visit: (atRisk: Float64Array, time: number) => void,
): void {
  const byExit = descending(table.lower).reverse();
  const byEntry = descending(table.entry).reverse();
  const atRisk = new Float64Array(groups);
  let [entered, left] = [0, 0];
  times.forEach((time, k) => {
    for (; entered < table.rows && table.entry[byEntry[entered]] < time; entered++)
      atRisk[groupOf[byEntry[entered]]] += table.weights[byEntry[entered]];
    for (; left < table.rows && table.lower[byExit[left]] < time; left++)
      atRisk[groupOf[byExit[left]]] -= table.weights[byExit[left]];
    visit(atRisk, k);
  });
}
