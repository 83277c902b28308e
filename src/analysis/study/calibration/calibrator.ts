import { type Device, deviceClock } from '../../../engine/index.ts';
import type { TrainingPause, TrainOptions } from '../../../models/index.ts';
import type { Calibration } from '../trial/trial.ts';
import { FEWEST_ROUNDS } from './estimate.ts';
import { openReference } from './reference.ts';
import { type Timed, timeRounds } from './rounds.ts';
import { TRAINING_BATCH } from './subject.ts';

/** What a trial ran, to be timed once more. */
export interface Subject extends Timed {
  readonly name: string;
  /** Equal for equal subjects of other trials (see `subjectOf`). */
  readonly key: string;
}

/** Times what trials run against one small network that stays open. */
export interface Calibrator {
  /** Runs the network now and then while a training is under way, so that the training's own batches are what is timed. */
  during(): { readonly onPause: NonNullable<TrainOptions['onPause']>; calibration(): Calibration };
  /**
   * Times what a trial ran, while it is still there, in interleaved rounds. What was never timed gets the fewest rounds that bear an
   * interval; beyond that, the share of the trials' own time that is spent is small, so that what many trials run is timed at many
   * moments.
   * @param trialSeconds that the trial took
   * @returns null where there is nothing to time, or enough was
   */
  after(subjects: readonly Subject[], trialSeconds: number): Promise<Calibration | null>;
  free(): void;
}

/** Shares of the trials' seconds that calibration may take: in a training, and in all. */
const SHARE_OF_TRAINING = 0.01;
const SHARE = 0.01;

/** Seconds to five significant digits, more than a clock has. */
const digits = (seconds: readonly number[]) => seconds.map((each) => Number(each.toPrecision(5)));

export function openCalibrator(device: Device): Calibrator {
  let reference: ReturnType<typeof openReference> | undefined;
  const timesOf = new Map<string, number>();
  let unspent = 0;
  const { kind: clock } = deviceClock(device);
  const now = () => performance.now() / 1000;
  const open = async () => {
    if (reference !== undefined) return reference;
    reference = openReference(device);
    // The first run compiles it.
    await reference.time();
    return reference;
  };
  return {
    during: () => {
      const times: number[] = [];
      const references: number[] = [];
      let last: (TrainingPause & { readonly reference: number }) | null = null;
      let spent = 0;
      return {
        onPause: async (pause) => {
          if (times.length >= FEWEST_ROUNDS && spent > SHARE_OF_TRAINING * pause.seconds) return;
          const { time } = await open();
          const began = now();
          const reference = await time();
          spent += now() - began;
          unspent -= now() - began;
          if (last !== null) {
            unspent += SHARE * (pause.seconds - last.seconds);
            times.push((pause.deviceSeconds - last.deviceSeconds) / (pause.batches - last.batches));
            references.push(Math.sqrt(last.reference * reference));
          }
          last = { ...pause, reference };
        },
        calibration: () => ({
          clock,
          executables: { [TRAINING_BATCH]: { times: digits(times), reference: digits(references) } },
        }),
      };
    },
    after: async (subjects, trialSeconds) => {
      unspent += SHARE * trialSeconds;
      const fewest = Math.max(0, ...subjects.map(({ key }) => FEWEST_ROUNDS - (timesOf.get(key) ?? 0)));
      if (subjects.length === 0 || (fewest === 0 && unspent <= 0)) return null;
      const beside = await open();
      const began = now();
      const { times, references } = await timeRounds(beside, subjects, { fewest, mostSeconds: unspent, now });
      unspent -= now() - began;
      for (const [i, { key }] of subjects.entries()) timesOf.set(key, (timesOf.get(key) ?? 0) + times[i].length);
      const executables = Object.fromEntries(
        subjects.map(({ name }, i) => [name, { times: digits(times[i]), reference: digits(references[i]) }]),
      );
      return { clock, executables };
    },
    free: () => reference?.free(),
  };
}
