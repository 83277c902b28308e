import type { DeviceClock } from '../../../engine/index.ts';
import type { AttackRecord, SampleCost } from '../../robustness/index.ts';
import { type Clock, isStoredModel } from '../../study/index.ts';
import { costPerSample } from '../../trash/index.ts';
import type { CalibratedSeconds } from './calibratedSeconds.ts';
import { type FinishedAttack, type FinishedTraining, isElsewhere } from './finished.ts';

/** What training and attacks cost by one clock. */
export interface StudyClock {
  readonly clock: Clock;
  /** Whether seconds are calibrated; null of clocks that count. */
  readonly calibrated: boolean | null;
  /** What seconds were measured by, see `deviceClock`; null of clocks that count. */
  readonly toldBy: DeviceClock['kind'] | null;
  /** Cost of training on one image; null where the model was trained elsewhere, and the study does not state it by this clock. */
  trainingCost(training: FinishedTraining): number | null;
  sampleCost(attack: FinishedAttack, record: AttackRecord): number;
  /** Variance that calibration adds to the logarithm of a ratio of the training's cost, where one is given, to the attacks'. */
  logVariance(training: FinishedTraining | null, attacks: readonly FinishedAttack[]): number;
}

export const CLOCKS: readonly Clock[] = ['flops', 'seconds', 'queries'];

/**
 * The three clocks, the study's own first. Seconds are calibrated where every trial has what that needs; else they are the wall
 * seconds of the run, which carry the mood of the machine.
 */
export function studyClocks(
  first: Clock,
  trainings: readonly FinishedTraining[],
  attacks: readonly FinishedAttack[],
  calibrated: CalibratedSeconds,
): readonly [StudyClock, ...StudyClock[]] {
  const complete =
    trainings.every((training) => isElsewhere(training) || calibrated.trainingSeconds(training) !== null) &&
    attacks.every((attack) =>
      attack.result.records.every(
        (record) => record.misclassifiedBefore || calibrated.sampleSeconds(attack, record) !== null,
      ),
    );
  const clocks = [first, ...CLOCKS.filter((clock) => clock !== first)].map((clock) =>
    clock === 'seconds' && complete ? calibratedClock(calibrated) : countedClock(clock),
  );
  return clocks as [StudyClock, ...StudyClock[]];
}

/** What the study states of a training that it did not see, for one image. Studies state seconds only. */
function statedCostOf({ trial: { model } }: FinishedTraining, clock: Clock): number | null {
  if (!isStoredModel(model) || model.cost === undefined || clock !== 'seconds') return null;
  return costPerSample(model.cost.seconds, model.cost.samples);
}

/** A clock that trials recorded themselves. */
function countedClock(clock: Clock): StudyClock {
  return {
    clock,
    calibrated: clock === 'seconds' ? false : null,
    toldBy: clock === 'seconds' ? 'wall' : null,
    trainingCost: (training) =>
      isElsewhere(training)
        ? statedCostOf(training, clock)
        : costPerSample(recordedCost(training.result, clock), training.result.trainSamples),
    sampleCost: (_, { cost }) => cost[clock],
    logVariance: () => 0,
  };
}

function calibratedClock(seconds: CalibratedSeconds): StudyClock {
  return {
    clock: 'seconds',
    calibrated: true,
    toldBy: seconds.clock,
    trainingCost: (training) =>
      isElsewhere(training)
        ? statedCostOf(training, 'seconds')
        : costPerSample(seconds.trainingSeconds(training) ?? Number.NaN, training.result.trainSamples),
    // An image that was wrong before the attack was asked nothing.
    sampleCost: (attack, record) => seconds.sampleSeconds(attack, record) ?? 0,
    logVariance: (training, attacks) => seconds.logVariance(training, attacks),
  };
}

/** What a training recorded by a clock: its wall seconds, the images shown to the model, or its floating-point operations. */
function recordedCost(result: FinishedTraining['result'], clock: Clock): number {
  switch (clock) {
    case 'seconds':
      return result.trainSeconds;
    case 'queries':
      return result.trainQueries ?? result.trainSamples * result.epochs.length;
    case 'flops':
      return result.trainFlops;
  }
}

/** A record's cost with seconds by the clock of the study. */
export function costBy(seconds: StudyClock, attack: FinishedAttack, record: AttackRecord): SampleCost {
  return { ...record.cost, seconds: seconds.sampleCost(attack, record) };
}
