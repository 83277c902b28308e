import { InputError } from '../../../base/errors.ts';
import type { CovariateRow, SurvivalColumns } from './table.ts';

/** One run of an attack as the paper records it: a whole batch of samples with one time. */
export interface AttackRun {
  /** Share of the attacked samples that the model still gets right after the attack. */
  readonly adversarialAccuracy: number;
  /** Samples attacked. */
  readonly attackSize: number;
  /** Duration of every sample of the run. The paper takes the batch's; divide it by attackSize for the time of one sample. */
  readonly time: number;
  readonly covariates: CovariateRow;
}

/**
 * The paper's encoding (Meyers et al., arXiv 2401.13751): round((1 - accuracy) · size) failures and the rest censored, all at
 * the run's time, as frequency weights; each run is a cluster. It knows neither when a sample broke nor which; a time to the
 * first misclassification for each sample is better where there is one.
 * @throws InputError naming the run (counted from 1) and the value that is wrong.
 */
export function paperEncoding(runs: readonly AttackRun[]): SurvivalColumns {
  const durations: number[] = [];
  const events: number[] = [];
  const weights: number[] = [];
  const clusters: number[] = [];
  const covariates: Record<string, number[]> = Object.fromEntries(
    Object.keys(runs[0]?.covariates ?? {}).map((name) => [name, []]),
  );
  runs.forEach((run, index) => {
    const { adversarialAccuracy, attackSize, time } = run;
    if (!(adversarialAccuracy >= 0 && adversarialAccuracy <= 1)) {
      throw new InputError(`run ${index + 1}: adversarial accuracy ${adversarialAccuracy} should be between 0 and 1`);
    }
    if (!Number.isInteger(attackSize) || attackSize < 1) {
      throw new InputError(`run ${index + 1}: attack size ${attackSize} should be a positive whole number`);
    }
    const failures = Math.round((1 - adversarialAccuracy) * attackSize);
    for (const [event, weight] of [
      [1, failures],
      [0, attackSize - failures],
    ]) {
      if (weight === 0) continue;
      durations.push(time);
      events.push(event);
      weights.push(weight);
      clusters.push(index);
      for (const name of Object.keys(covariates)) covariates[name].push(run.covariates[name]);
    }
  });
  return { durations, events, weights, clusters, covariates };
}
