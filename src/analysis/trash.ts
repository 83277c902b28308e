import { InputError } from '../engine/errors.ts';
import {
  averageRestrictedMean,
  type CovariateRow,
  failedWeight,
  kaplanMeier,
  lastObservedTime,
  type ParametricFit,
  type Prediction,
  restrictedMeanSurvival,
  type SurvivalTable,
} from './survival/index.ts';
import { normalQuantile } from './survival/specialFunctions.ts';

/**
 * TRASH, the training rate and survival heuristic (Meyers et al., arXiv 2401.13751):
 *
 *     C = (T_train / N_train) / E[T | 0 < eps <= eps*]
 *
 * the cost of training on one sample over the expected cost of breaking one. **Above 1, training a sample cost more than breaking
 * it**: the attacker is better off than the defender. Both costs must be in one unit (seconds, queries or floating-point
 * operations), the unit of the survival table's durations.
 */
export interface TrashScore {
  readonly score: number;
  /** Confidence limits of the score, at `confidenceLevel`. */
  readonly lower: number;
  readonly upper: number;
  readonly confidenceLevel: number;
  /** Cost of training on one sample, in the unit of the durations. */
  readonly trainingCostPerSample: number;
  /** Cost of breaking one sample: E[min(T, horizon)], averaged over the rows. */
  readonly expectedTime: Prediction;
  readonly horizon: number;
}

export interface TrashOptions {
  /** T_train / N_train from `costPerSample`: seconds per sample, never samples per second. */
  readonly trainingCostPerSample: number;
  /** Covariates of the attacks to average over: those with 0 < eps <= eps*. */
  readonly rows: readonly CovariateRow[];
  /** How many samples each row stands for; 1 when left out. */
  readonly weights?: ArrayLike<number>;
  /** Restricts the mean; the last time observed in the fitted table when left out, as beyond it nothing is known. */
  readonly horizon?: number;
}

/**
 * Cost of training on one sample: total cost over the number of training samples; all epochs count in the total.
 *
 * The paper's published figure used samples per second, N / T, in its place, which turns the order of models around. Division
 * stands here, once, so that nobody repeats this; the number of samples must be whole, which catches most exchanged arguments.
 * @throws InputError
 */
export function costPerSample(totalCost: number, samples: number): number {
  if (!(totalCost > 0 && totalCost < Infinity)) {
    throw new InputError(`training cost: ${totalCost} should be a positive time, or number of queries or operations`);
  }
  if (!Number.isInteger(samples) || samples < 1) {
    throw new InputError(
      `training samples: ${samples} should be a positive whole number (the arguments are total cost, then samples)`,
    );
  }
  return totalCost / samples;
}

/**
 * The score with its confidence interval: the delta method on log E[T], with the covariance of the fit (ask it to be robust, with
 * one cluster for each sample, where a sample was attacked at several strengths). The training cost counts as known.
 * @throws InputError if no rows are given, a cost is not positive, or a row lacks a covariate of the fit.
 */
export function trashScore(fit: ParametricFit, options: TrashOptions): TrashScore {
  const { trainingCostPerSample, rows, weights, horizon = fit.lastObservedTime } = options;
  requirePositive(trainingCostPerSample);
  const expectedTime = averageRestrictedMean(fit, rows, horizon, weights);
  return scoreOf(trainingCostPerSample, expectedTime, horizon, fit.confidenceLevel);
}

/**
 * The score without a model: E[T] is the area under the Kaplan-Meier curve to the horizon (the last time observed when left
 * out), with Greenwood's variance, which counts samples as independent. It exists where no model can be fitted: when every
 * sample breaks at the same time, or none.
 *
 * Where none failed, the expected time is at least horizon · S(horizon), and the score has only an upper bound of worth. Of n
 * samples (clusters) followed to the horizon none failed, so S(horizon) >= (1 - level)^(1 / n) at the one-sided level (exact
 * binomial, Clopper and Pearson 1934); the horizon is then the time at which this bound is best. `score` is that of S = 1,
 * cost / horizon, and also the lower limit.
 * @throws InputError if the cost is not positive.
 */
export function trashScoreWithoutModel(
  table: SurvivalTable,
  options: { readonly trainingCostPerSample: number; readonly horizon?: number; readonly confidenceLevel?: number },
): TrashScore {
  const { trainingCostPerSample, horizon = lastObservedTime(table), confidenceLevel = 0.95 } = options;
  requirePositive(trainingCostPerSample);
  if (failedWeight(table) === 0) return scoreWithoutFailures(table, trainingCostPerSample, confidenceLevel);
  const mean = restrictedMeanSurvival(kaplanMeier(table), horizon);
  const factor = Math.exp((normalQuantile(0.5 + confidenceLevel / 2) * mean.standardError) / mean.estimate);
  const expectedTime = { ...mean, lower: mean.estimate / factor, upper: Math.min(mean.estimate * factor, horizon) };
  return scoreOf(trainingCostPerSample, expectedTime, horizon, confidenceLevel);
}

function scoreWithoutFailures(
  table: SurvivalTable,
  trainingCostPerSample: number,
  confidenceLevel: number,
): TrashScore {
  let horizon = 0;
  let bound = 0;
  for (const time of new Set(table.lower)) {
    const lower = time * (1 - confidenceLevel) ** (1 / followedTo(table, time));
    if (lower > bound) [horizon, bound] = [time, lower];
  }
  if (bound === 0)
    throw new InputError(
      'TRASH: no failure, and no sample observed from the start: nothing is known of the time to failure',
    );
  const expectedTime = { estimate: horizon, standardError: 0, lower: bound, upper: horizon };
  return scoreOf(trainingCostPerSample, expectedTime, horizon, confidenceLevel);
}

function scoreOf(
  trainingCostPerSample: number,
  expectedTime: Prediction,
  horizon: number,
  confidenceLevel: number,
): TrashScore {
  return {
    score: trainingCostPerSample / expectedTime.estimate,
    lower: trainingCostPerSample / expectedTime.upper,
    upper: trainingCostPerSample / expectedTime.lower,
    confidenceLevel,
    trainingCostPerSample,
    expectedTime,
    horizon,
  };
}

/** What one unit of each clock costs: a second on the machine that trains, a second on the one that attacks (or a query, a flop). */
export interface Prices {
  readonly training: number;
  readonly attack: number;
  readonly currency: string;
}

/** A score in money: what training on a sample cost the defender, what breaking one costs the attacker, and their ratio. */
export interface PricedTrash extends Pick<TrashScore, 'score' | 'lower' | 'upper' | 'confidenceLevel'> {
  readonly currency: string;
  readonly trainingCost: number;
  readonly breakingCost: Pick<Prediction, 'estimate' | 'lower' | 'upper'>;
}

/**
 * The score at the prices of the two sides. With one price for both it is the score itself; an attacker on cheaper hardware is
 * better off by the ratio of the prices.
 * @throws InputError if a price is not positive.
 */
export function pricedTrash(score: TrashScore, { training, attack, currency }: Prices): PricedTrash {
  for (const [name, price] of Object.entries({ training, attack })) {
    if (!(price > 0 && price < Infinity))
      throw new InputError(`TRASH: the price of ${name}, ${price}, should be positive`);
  }
  const { estimate, lower, upper } = score.expectedTime;
  const ratio = training / attack;
  return {
    currency,
    score: score.score * ratio,
    lower: score.lower * ratio,
    upper: score.upper * ratio,
    confidenceLevel: score.confidenceLevel,
    trainingCost: score.trainingCostPerSample * training,
    breakingCost: { estimate: estimate * attack, lower: lower * attack, upper: upper * attack },
  };
}

/** Independent samples observed from the start to `time`. */
function followedTo(table: SurvivalTable, time: number): number {
  const clusters = new Set<number>();
  let weight = 0;
  for (let i = 0; i < table.rows; i++) {
    if (table.lower[i] < time || table.entry[i] > 0) continue;
    weight += table.weights[i];
    if (table.clusters !== null) clusters.add(table.clusters[i]);
  }
  return table.clusters === null ? weight : clusters.size;
}

function requirePositive(trainingCostPerSample: number): void {
  if (!(trainingCostPerSample > 0 && trainingCostPerSample < Infinity)) {
    throw new InputError(`TRASH: training cost per sample ${trainingCostPerSample} should be positive`);
  }
}

/** What a score says, at its confidence level. */
export type TrashReading = 'cheaper to break' | 'cheaper to train' | 'undecided';

/** Whether the whole interval lies above 1 (a sample is cheaper to break than to train on), below 1, or neither. */
export function readTrash({ lower, upper }: Pick<TrashScore, 'lower' | 'upper'>): TrashReading {
  if (lower > 1) return 'cheaper to break';
  return upper < 1 ? 'cheaper to train' : 'undecided';
}
