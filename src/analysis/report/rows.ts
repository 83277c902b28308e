import type { AttackRecord, SampleCost } from '../attacks/record.ts';
import type { Labels } from '../study/label.ts';
import type { Clock, Encoding } from '../study/schema.ts';
import { epsOf, normOf, pixelsOf } from '../study/strength.ts';
import type { AttackResult, AttackTrial, FinishedTrial } from '../study/trial.ts';

export type FinishedAttack = FinishedTrial<AttackTrial, AttackResult>;

export function isAttack(finished: FinishedTrial): finished is FinishedAttack {
  return finished.trial.kind === 'attack';
}

/** One sample under one attack: a row of the survival table. */
export interface SurvivalRow {
  readonly model: string;
  readonly depth: number;
  readonly width: number;
  readonly stem: string;
  readonly defence: string;
  readonly attack: string;
  readonly norm: string;
  /** Null where the attack goes as far as it must, or where it counts pixels. */
  readonly eps: number | null;
  readonly pixels: number | null;
  readonly seed: number;
  readonly sample: number;
  /**
   * One image attacked under many conditions. The attacked images depend on the seed alone, so that sample 7 is the same
   * image for every model, defence, attack and strength of a seed.
   */
  readonly cluster: string;
  readonly label: number;
  readonly failed: boolean;
  readonly cost: SampleCost;
}

/**
 * The survival table of a study: every attacked sample that was right before the attack; encoded as in the paper, every attacked
 * sample, with what its run cost on average, and one cluster for each run (see `paperEncoding`).
 */
export function survivalRows(
  attacks: readonly FinishedAttack[],
  labels: Labels,
  encoding: Encoding = 'sample',
): SurvivalRow[] {
  return attacks.flatMap(({ id, trial, result }) => {
    const { model } = trial.train;
    const shared = {
      model: labels.model(model),
      depth: model.depth,
      width: model.width,
      stem: model.stem,
      defence: labels.defence(trial.defence),
      attack: labels.attack(trial.attack),
      norm: normOf(trial.attack),
      eps: epsOf(trial.attack),
      pixels: pixelsOf(trial.attack),
      seed: trial.seed,
    };
    if (encoding === 'paper') {
      const cost = meanCost(result.records);
      return result.records.map(({ sample, label, success, misclassifiedBefore }) => ({
        ...shared,
        sample,
        cluster: id,
        label,
        failed: success || misclassifiedBefore,
        cost,
      }));
    }
    return result.records
      .filter(({ misclassifiedBefore }) => !misclassifiedBefore)
      .map(({ sample, label, success, cost }) => ({
        ...shared,
        sample,
        cluster: `${trial.seed}:${sample}`,
        label,
        failed: success,
        cost,
      }));
  });
}

function meanCost(records: readonly AttackRecord[]): SampleCost {
  const mean = (of: keyof SampleCost) => records.reduce((sum, { cost }) => sum + cost[of], 0) / records.length;
  return { seconds: mean('seconds'), queries: mean('queries'), gradients: mean('gradients'), flops: mean('flops') };
}

/** The duration of a row by a clock. */
export function durationOf({ cost }: SurvivalRow, clock: Clock): number {
  return cost[clock];
}
