import { InputError } from '../../../base/errors.ts';
import { distinctTimes, lastAtOrBefore, onClock } from '../clock.ts';
import { riskSets } from '../cox/riskSets.ts';
import { tiedTimes } from '../curves/tiedTimes.ts';
import { isExact, requireRightCensoring, type SurvivalTable, totalWeight } from '../table/table.ts';
import { concordance } from './concordance.ts';

/** P(not yet censored), by the Kaplan-Meier estimate with censoring as the event. */
export interface CensoringSurvival {
  /** G(t): not censored by t, t included. */
  at(time: number): number;
  /** G(t-): not censored before t, which is what a failure at t needs to be seen. */
  before(time: number): number;
}

/**
 * How the rows of a table came to be censored. Failures at a time leave before those censored at it.
 * @throws InputError on interval censoring or late entry.
 */
export function censoringSurvival(table: SurvivalTable): CensoringSurvival {
  requireWholeSamples(table);
  const { times, atRisk, events, censored } = riskSets(table, 'censoring distribution');
  let product = 1;
  const survival = times.map((_, k) => {
    // Those left after k are those at risk at k + 1, exactly none in the end; a difference of sums need not be.
    if (censored[k] > 0) product *= (atRisk[k + 1] ?? 0) / (atRisk[k] - events[k]);
    return product;
  });
  const upTo = (k: number) => (k < 0 ? 1 : survival[k]);
  return {
    at: (time) => upTo(lastAtOrBefore(times, onClock(times, time))),
    before(time) {
      const now = onClock(times, time);
      const k = lastAtOrBefore(times, now);
      return upTo(times[k] === now ? k - 1 : k);
    },
  };
}

/** @throws InputError naming the first row that entered late: the weights of scores are not known for such. */
function requireWholeSamples(table: SurvivalTable): void {
  const row = table.entry.findIndex((time) => time > 0);
  if (row < 0) return;
  throw new InputError(
    `row ${row + 1} entered late, at ${table.entry[row]}: weights by the inverse probability of censoring need samples that were watched from time 0; wholeSamples joins start-stop rows`,
  );
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
 * probabilities of censoring, which are estimated from `training` (the same table when left out). A failure at u weighs 1 / G(u-),
 * a row that outlives t weighs 1 / G(t): riskRegression's `Score`. Where all that are left are censored at t itself (a budget), they
 * are known to outlive it, and weigh 1 / G(t-). `times` ascend and lie at or before the last time of both tables.
 * @param survival predicted S(time) of a row
 * @throws InputError on interval censoring or late entry.
 */
export function brierScores(
  given: SurvivalTable,
  times: readonly number[],
  survival: (row: number, time: number) => number,
  training: SurvivalTable = given,
): BrierScores {
  requireRightCensoring(given, 'Brier score');
  requireWholeSamples(given);
  const table = tiedTimes(given);
  const clock = distinctTimes([table.lower]);
  const uncensored = censoringSurvival(training);
  const failureWeights = table.lower.map((time, i) =>
    isExact(table, i) ? table.weights[i] / uncensored.before(time) : 0,
  );
  const total = totalWeight(table);
  const scores = times.map((asked) => {
    const time = onClock(clock, asked);
    const open = uncensored.at(time) > 0;
    const outlived = open ? uncensored.at(time) : uncensored.before(time);
    let sum = 0;
    for (let i = 0; i < table.rows; i++) {
      const predicted = survival(i, asked);
      const outlives = table.lower[i] > time || (!open && table.lower[i] === time && !isExact(table, i));
      if (outlives) sum += (table.weights[i] * (1 - predicted) ** 2) / outlived;
      else if (isExact(table, i)) sum += failureWeights[i] * predicted ** 2;
    }
    return sum / total;
  });
  let area = 0;
  for (let k = 1; k < times.length; k++) area += ((scores[k] + scores[k - 1]) / 2) * (times[k] - times[k - 1]);
  return { times, scores, integrated: area / (times[times.length - 1] - times[0]) };
}

/**
 * Uno's C (Uno et al. 2011): Harrell's, with each pair weighed by the inverse squared probability that its earlier failure was
 * not censored before it, so that it does not depend on the censoring. Failures before `tau` only. R's `concordance` with
 * `timewt = "n/G2"`.
 * @throws InputError on interval censoring or late entry.
 */
export function unoConcordance(
  given: SurvivalTable,
  prediction: ArrayLike<number>,
  tau = Infinity,
  training: SurvivalTable = given,
): number {
  requireRightCensoring(given, "Uno's concordance");
  requireWholeSamples(given);
  const table = tiedTimes(given);
  const uncensored = censoringSurvival(training);
  const end = onClock(distinctTimes([table.lower]), tau);
  const weight = (row: number) => (table.lower[row] < end ? uncensored.before(table.lower[row]) ** -2 : 0);
  return concordance(table, prediction, weight).concordance;
}
