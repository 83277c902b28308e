import type { LikelihoodTest } from './coefficients.ts';
import { lastAtOrBefore } from './kaplanMeier.ts';
import { cholesky, choleskySolve } from './linearAlgebra.ts';
import { riskSets } from './riskSets.ts';
import { chiSquaredP } from './specialFunctions.ts';
import { isExact, type SurvivalTable } from './table.ts';

/**
 * Log-rank test (Mantel 1966) that all groups survive alike: failures seen in each group against those expected from its share of
 * those at risk, with hypergeometric variance; R's `survdiff`. Statistic NaN where no group could have had more failures.
 * @param groups the group of each row
 */
export function logRankTest(table: SurvivalTable, groups: ArrayLike<string>): LikelihoodTest {
  const labels = [...new Set(Array.from(groups))];
  const whole = riskSets(table, 'log-rank test');
  // The last group's figures follow from the others'.
  const size = labels.length - 1;
  const own = labels.slice(0, size).map((label) => atRiskOf(label, groups, table, whole.times));
  const excess = new Float64Array(size);
  const variance = new Float64Array(size * size);
  const failed = labels.slice(0, size).map((label) => {
    let sum = 0;
    for (let i = 0; i < table.rows; i++) {
      if (groups[i] === label && isExact(table, i)) sum += table.weights[i];
    }
    return sum;
  });
  for (let a = 0; a < size; a++) excess[a] = failed[a];
  whole.times.forEach((_, k) => {
    const [n, d] = [whole.atRisk[k], whole.events[k]];
    if (d === 0) return;
    const spread = n > 1 ? (d * (n - d)) / (n - 1) : 0;
    for (let a = 0; a < size; a++) {
      const share = own[a][k] / n;
      excess[a] -= d * share;
      for (let b = 0; b < size; b++) variance[a * size + b] += spread * share * ((a === b ? 1 : 0) - own[b][k] / n);
    }
  });
  const factor = cholesky(variance, size);
  if (factor === null) return { statistic: Number.NaN, degreesOfFreedom: size, p: Number.NaN };
  const solved = choleskySolve(factor, size, excess);
  const statistic = excess.reduce((sum, value, a) => sum + value * solved[a], 0);
  return { statistic, degreesOfFreedom: size, p: chiSquaredP(statistic, size) };
}

/** Weight of one group at risk just before each of the ascending times, which hold every time of the table. */
function atRiskOf(label: string, groups: ArrayLike<string>, table: SurvivalTable, times: Float64Array): Float64Array {
  const change = new Float64Array(times.length + 1);
  for (let i = 0; i < table.rows; i++) {
    if (groups[i] !== label) continue;
    // In (entry, exit].
    change[lastAtOrBefore(times, table.entry[i]) + 1] += table.weights[i];
    change[lastAtOrBefore(times, table.lower[i]) + 1] -= table.weights[i];
  }
  let sum = 0;
  return times.map((_, k) => {
    sum += change[k];
    return sum;
  });
}
