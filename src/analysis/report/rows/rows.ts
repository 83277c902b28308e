import type { TrainingSpec } from '../../../models/index.ts';
import type { AttackRecord, SampleCost } from '../../robustness/index.ts';
import {
  type Clock,
  type Encoding,
  epsOf,
  isStoredModel,
  labelModel,
  normOf,
  pixelsOf,
  type TrainResult,
} from '../../study/index.ts';
import { costBy, type StudyClock } from './clocks.ts';
import type { ConditionLabels } from './conditions.ts';
import type { FinishedAttack } from './finished.ts';
import { imageName } from './imageName.ts';

/** What all samples of an attack trial have in common. */
export interface Condition {
  readonly dataset: string;
  readonly model: string;
  /** Name of the model's family, `resnet`; of a stored model its own. */
  readonly family: string;
  /** What the network itself is called, without what else tells models apart: `ResNet-18`. */
  readonly network: string;
  /** Values of the family's parameters, by their names. */
  readonly architecture: Readonly<Record<string, number | string | boolean>>;
  /** Null where the family has no such parameter. */
  readonly depth: number | null;
  readonly precision: string;
  /** Null of a model that was trained elsewhere. */
  readonly training: TrainingSpec | null;
  readonly defence: string;
  readonly attack: string;
  readonly norm: string;
  /** Null where the attack goes as far as it must, or where it counts pixels. */
  readonly eps: number | null;
  readonly pixels: number | null;
  readonly seed: number;
  /** Seconds in which the model classifies an image; null where its training is not among the finished trials. */
  readonly predictSeconds: number | null;
}

/** One sample under one attack: a row of the survival table. */
export interface SurvivalRow {
  readonly condition: Condition;
  readonly sample: number;
  /** One image attacked under many conditions (see `imageName`). */
  readonly cluster: string;
  readonly label: number;
  readonly failed: boolean;
  /** By every clock; seconds are calibrated where the study's are. */
  readonly cost: SampleCost;
  /** As the run's own clock had them. */
  readonly wallSeconds: number;
}

/** What the samples of an attack trial have in common. */
export function conditionOf({ trial }: FinishedAttack, labels: ConditionLabels, trained?: TrainResult): Condition {
  const { model, training } = trial.train;
  const network = labelModel(model);
  const { family, precision, ...architecture } = isStoredModel(model)
    ? { family: network, precision: model.precision }
    : model;
  return {
    dataset: labels.dataset(trial.train.data),
    model: labels.trained(trial.train),
    family,
    network,
    architecture,
    depth: 'depth' in architecture ? architecture.depth : null,
    precision,
    training,
    defence: labels.defence(trial.defence),
    attack: labels.attack(trial.attack),
    norm: normOf(trial.attack),
    eps: epsOf(trial.attack),
    pixels: pixelsOf(trial.attack),
    seed: trial.seed,
    predictSeconds: trained?.predictSecondsPerSample ?? null,
  };
}

/**
 * The rows that an attack trial adds to the survival table: every attacked sample that was right before the attack; encoded as in the
 * paper, every attacked sample, with what its run cost on average, and one cluster for each run (see `paperEncoding`).
 * @param seconds tells the seconds of a sample; those of the run unless given
 */
export function survivalRows(
  attack: FinishedAttack,
  condition: Condition,
  encoding: Encoding,
  seconds?: StudyClock,
): SurvivalRow[] {
  const { id, result } = attack;
  const costOf = (record: AttackRecord) => (seconds === undefined ? record.cost : costBy(seconds, attack, record));
  if (encoding === 'paper') {
    const cost = meanCost(result.records.map(costOf));
    return result.records.map(({ sample, label, success, misclassifiedBefore }) => ({
      condition,
      sample,
      cluster: id,
      label,
      failed: success || misclassifiedBefore,
      cost,
      wallSeconds: cost.seconds,
    }));
  }
  return result.records
    .filter(({ misclassifiedBefore }) => !misclassifiedBefore)
    .map((record) => ({
      condition,
      sample: record.sample,
      cluster: imageName(condition.dataset, condition.seed, result, record.sample),
      label: record.label,
      failed: record.success,
      cost: costOf(record),
      wallSeconds: record.cost.seconds,
    }));
}

function meanCost(costs: readonly SampleCost[]): SampleCost {
  const mean = (of: Exclude<keyof SampleCost, 'runs'>) => costs.reduce((sum, cost) => sum + cost[of], 0) / costs.length;
  return { seconds: mean('seconds'), queries: mean('queries'), gradients: mean('gradients'), flops: mean('flops') };
}

/** The duration of a row by a clock. */
export function durationOf({ cost }: SurvivalRow, clock: Clock): number {
  return cost[clock];
}
