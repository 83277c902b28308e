import type { AttackResult, AttackTrial, FinishedTrial, TrainResult, TrainTrial } from '../../study/index.ts';

/** A training that ended, with what it came to. */
export type FinishedTraining = FinishedTrial<TrainTrial, TrainResult>;

export function isTraining(finished: FinishedTrial): finished is FinishedTraining {
  return finished.trial.kind === 'train';
}

/** An attack that ended, with what it came to. */
export type FinishedAttack = FinishedTrial<AttackTrial, AttackResult>;

export function isAttack(finished: FinishedTrial): finished is FinishedAttack {
  return finished.trial.kind === 'attack';
}
