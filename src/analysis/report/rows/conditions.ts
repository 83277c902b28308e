import type { DataSpec } from '../../../models/index.ts';
import { type AttackTrial, canonicalJson, type Labels, type TrainTrial } from '../../study/index.ts';
import { describeData } from '../lines/describeData.ts';

/** Names for the parts of all trials of a study: those that tell them apart. */
export interface ConditionLabels extends Pick<Labels, 'defence' | 'attack' | 'trained'> {
  /** `mnist`; where one is used at several sizes, with these. */
  dataset(data: DataSpec): string;
}

/** Labels of the trials that there are, whatever grid they come from. */
export function conditionLabels(trainings: readonly TrainTrial[], labels: Labels): ConditionLabels {
  const data = distinct(trainings.map((trial) => trial.data));
  const names = new Map(
    data.map((one) => [
      canonicalJson(one),
      data.some((other) => other !== one && other.name === one.name) ? describeData(one) : one.name,
    ]),
  );
  return {
    dataset: (one) => names.get(canonicalJson(one)) ?? one.name,
    trained: labels.trained,
    defence: labels.defence,
    attack: labels.attack,
  };
}

/** The distinct values of a list, in the order in which they appear. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [canonicalJson(value), value])).values()];
}

/** The configuration of a trial apart from its number format: equal for trials that differ in it alone. */
export function withoutPrecision(trial: AttackTrial): string {
  const { precision: _, ...model } = trial.train.model;
  return canonicalJson({ ...trial, train: { ...trial.train, model } });
}
