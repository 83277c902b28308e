import { median } from 'simple-statistics';
import type { DeviceClock } from '../../../engine/index.ts';
import type { AttackRecord } from '../../robustness/index.ts';
import {
  type FinishedTrial,
  logRatios,
  medianHalfWidth,
  subjectOf,
  TRAINING_BATCH,
  type TrialRecord,
} from '../../study/index.ts';
import { normalQuantile } from '../../survival/index.ts';
import type { FinishedAttack, FinishedTraining } from './finished.ts';

/** Seconds that repeat: what trials took by counts of what ran and the calibrated time of each. Null for trials without counts. */
export interface CalibratedSeconds {
  /** What told all of them: the processor of software adapters, or else the clock on the wall. */
  readonly clock: DeviceClock['kind'];
  trainingSeconds(training: FinishedTraining): number | null;
  sampleSeconds(attack: FinishedAttack, record: AttackRecord): number | null;
  /** Variance that calibration adds to the logarithm of a ratio of the training's seconds, where one is given, to the attacks'. */
  logVariance(training: FinishedTraining | null, attacks: readonly FinishedAttack[]): number;
}

/** What calibration knows of an executable on a machine: logarithms. */
interface Known {
  readonly seconds: number;
  readonly deviation: number;
}

/** Half the width of the 95 % interval of a normal distribution, in standard deviations. */
const Z = normalQuantile(0.975);

/**
 * Joins the calibrations of all trials. The time of an executable is the median over all moments, of all trials that ran it on one
 * machine, of its ratio to the reference network, times the median time of that network on the machine. So a ratio of two trials'
 * seconds on one machine is free of how fast the machine was when it ran them. The standard deviation of a median is that of a normal
 * distribution with its 95 % interval; the deviations of a trial's executables are added as if they always erred together.
 */
export function calibratedSeconds(finished: readonly FinishedTrial[]): CalibratedSeconds {
  const references = new Map<string, number[]>();
  const ratios = new Map<string, number[]>();
  for (const { trial, result, machine = '' } of finished) {
    for (const [name, { times, reference }] of Object.entries(result.calibration?.executables ?? {})) {
      append(references, machine, reference.map(Math.log));
      append(ratios, keyOf(machine, trial, name), logRatios(times, reference));
    }
  }
  const machines = new Map([...references].map(([machine, logs]) => [machine, knownOf(logs)]));
  const executables = new Map([...ratios].map(([key, logs]) => [key, knownOf(logs)]));

  const knownOfTrial = ({ machine = '', trial }: FinishedTrial, name: string): Known | null => {
    const level = machines.get(machine);
    const ratio = executables.get(keyOf(machine, trial, name));
    // Fewer than the fewest bear no interval.
    return level && ratio && Number.isFinite(ratio.deviation)
      ? { seconds: Math.exp(ratio.seconds + level.seconds), deviation: ratio.deviation }
      : null;
  };
  /** What is known of each trial's executables, in their order. */
  const knownOfAll = new Map(
    finished.map((each) => {
      const { result } = each;
      const names = result.kind === 'train' ? [TRAINING_BATCH] : (result.executables ?? []);
      return [each.id, names.map((name) => knownOfTrial(each, name))];
    }),
  );

  /** Seconds of a trial's executables that ran so often, and the deviation of their logarithm. */
  const sumOf = (id: string, runs: readonly number[] | undefined): Known | null => {
    const known = knownOfAll.get(id);
    if (known === undefined || runs === undefined) return null;
    let seconds = 0;
    let deviation = 0;
    for (const [i, count] of runs.entries()) {
      if (count === 0) continue;
      const each = known[i];
      if (!each) return null;
      seconds += count * each.seconds;
      deviation += count * each.seconds * each.deviation;
    }
    return { seconds, deviation: seconds > 0 ? deviation / seconds : 0 };
  };

  const ofTraining = ({ id, result: { trainSteps } }: FinishedTraining) =>
    sumOf(id, trainSteps === undefined ? undefined : [trainSteps]);
  const ofRecord = ({ id }: FinishedAttack, { runs }: TrialRecord) => sumOf(id, runs);

  const onProcessor = finished.every(
    ({ result: { calibration } }) => (calibration?.clock ?? 'processor') === 'processor',
  );
  return {
    clock: onProcessor ? 'processor' : 'wall',
    trainingSeconds: (training) => ofTraining(training)?.seconds ?? null,
    sampleSeconds: (attack, record) => ofRecord(attack, record)?.seconds ?? null,
    logVariance: (training, attacks) => {
      const trained = training && ofTraining(training);
      const terms = attacks.flatMap((attack) => attack.result.records.map((record) => ofRecord(attack, record)));
      const seconds = terms.reduce((sum, term) => sum + (term?.seconds ?? 0), 0);
      const deviation = terms.reduce((sum, term) => sum + (term === null ? 0 : term.seconds * term.deviation), 0);
      return (trained?.deviation ?? 0) ** 2 + (seconds > 0 ? (deviation / seconds) ** 2 : 0);
    },
  };
}

const keyOf = (machine: string, trial: FinishedTrial['trial'], name: string) => `${machine} ${subjectOf(trial, name)}`;

const knownOf = (logs: readonly number[]): Known => ({
  seconds: median([...logs]),
  deviation: medianHalfWidth(logs) / Z,
});

function append(lists: Map<string, number[]>, key: string, more: readonly number[]): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [...more]);
  else list.push(...more);
}
