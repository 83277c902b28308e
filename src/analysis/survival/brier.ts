import { concordance } from './concordance.ts';
import { lastAtOrBefore } from './kaplanMeier.ts';
import { riskSets } from './riskSets.ts';
import { isExact, requireRightCensoring, type SurvivalTable, totalWeight } from './table.ts';

/**
 * P(not yet censored by t), by the Kaplan-Meier estimate with censoring as the event; failures at a time leave before those
 * censored at it.
 */
export function censoringSurvival(table: SurvivalTable): (time: number) => number {
  const { times, atRisk, events, censored } = riskSets(table, 'censoring distribution');
  let product = 1;
  const survival = times.map((_, k) => {
    if (censored[k] > 0) product *= 1 - censored[k] / (atRisk[k] - events[k]);
    return product;
  });
  return (time) => {
    const k = lastAtOrBefore(times, time);
    return k < 0 ? 1 : survival[k];
  };
}

export interface BrierScores {
  readonly times: readonly number[];
  /** Mean squared error of S(t) at each time; 0 is perfect, 1/4 is a coin. */
  readonly scores: readonly number[];
  /** Mean over the times (trapezoids): IBS; NaN with a single time. */
  readonly integrated: number;
}

/**
 * Brier scores under censoring (Graf et al. 1999): rows that were censored too early count through the others' inverse
 * probabilities of censoring, which are estimated from `training` (the same table when left out). As scikit-survival's
 * `brier_score`. `times` ascend and lie before the last time of both tables.
 * @param survival predicted S(time) of a row
 * @throws InputError on interval censoring.
 */
export function brierScores(
  table: SurvivalTable,
  times: readonly number[],
  survival: (row: number, time: number) => number,
  training: SurvivalTable = table,
): BrierScores {
  requireRightCensoring(table, 'Brier score');
  const uncensored = censoringSurvival(training);
  const total = totalWeight(table);
  const scores = times.map((time) => {
    let sum = 0;
    for (let i = 0; i < table.rows; i++) {
      const predicted = survival(i, time);
      if (table.lower[i] > time) sum += (table.weights[i] * (1 - predicted) ** 2) / uncensored(time);
      else if (isExact(table, i)) sum += (table.weights[i] * predicted ** 2) / uncensored(table.lower[i]);
    }
    return sum / total;
  });
  let area = 0;
  for (let k = 1; k < times.length; k++) area += ((scores[k] + scores[k - 1]) / 2) * (times[k] - times[k - 1]);
  return { times, scores, integrated: area / (times[times.length - 1] - times[0]) };
}

/**
 * Uno's C (Uno et al. 2011): Harrell's, with each pair weighed by the inverse squared probability that its earlier failure was
 * not censored, so that it does not depend on the censoring. Failures before `tau` only. As scikit-survival's
 * `concordance_index_ipcw`.
 */
export function unoConcordance(
  table: SurvivalTable,
  prediction: ArrayLike<number>,
  tau = Infinity,
  training: SurvivalTable = table,
): number {
  const uncensored = censoringSurvival(training);
  const weight = (row: number) => (table.lower[row] < tau ? uncensored(table.lower[row]) ** -2 : 0);
  return concordance(table, prediction, weight).concordance;
}
