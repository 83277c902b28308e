import {
  type AttackResult,
  type AttackTrial,
  type FinishedTrial,
  isStoredModel,
  type TrainResult,
  type TrainTrial,
} from '../../study/index.ts';

/** A training that ended, with what it came to. */
export type FinishedTraining = FinishedTrial<TrainTrial, TrainResult>;

export function isTraining(finished: FinishedTrial): finished is FinishedTraining {
  return finished.trial.kind === 'train';
}

/** Whether a model was trained elsewhere, and only tested here. */
export const isElsewhere = ({ trial: { model } }: FinishedTraining): boolean => isStoredModel(model);

/** An attack that ended, with what it came to. */
export type FinishedAttack = FinishedTrial<AttackTrial, AttackResult>;

/** Whether it is an attack of the study's own, and not what attacks are compared with. */
export function isAttack(finished: FinishedTrial): finished is FinishedAttack {
  return finished.trial.kind === 'attack' && finished.trial.control !== true;
}

/** Whether it is what attacks are compared with. */
export function isControl(finished: FinishedTrial): finished is FinishedAttack {
  return finished.trial.kind === 'attack' && finished.trial.control === true;
}
