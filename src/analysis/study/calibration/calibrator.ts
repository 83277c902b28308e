import type { Device } from '../../../engine/device.ts';
import type { Calibration } from '../trial.ts';
import { FEWEST_ROUNDS } from './estimate.ts';
import { openReference } from './reference.ts';
import { type Timed, timeRounds } from './rounds.ts';

/** What a trial ran, to be timed once more. */
export interface Subject extends Timed {
  readonly name: string;
  /** Equal for equal subjects of other trials (see `subjectOf`). */
  readonly key: string;
}

/** Times what trials ran, while it is still there, against one small network that stays open. */
export interface Calibrator {
  /**
   * Times subjects in interleaved rounds. What was never timed gets the fewest rounds that bear an interval; beyond that, the share
   * of the trial's own time that is spent is small, so that what many trials run is timed at many moments.
   * @param trialSeconds that the trial took
   * @returns null where there is nothing to time, or enough was
   */
  calibrate(subjects: readonly Subject[], trialSeconds: number): Promise<Calibration | null>;
  free(): void;
}

/** Of a trial's seconds. */
const SHARE = 0.03;

/** Of a second: fewer say little, and three significant digits need no more. */
const digits = (seconds: readonly number[]) => seconds.map((each) => Number(each.toPrecision(5)));

export function openCalibrator(device: Device): Calibrator {
  let reference: ReturnType<typeof openReference> | undefined;
  const rounds = new Map<string, number>();
  let unspent = 0;
  return {
    calibrate: async (subjects, trialSeconds) => {
      unspent += SHARE * trialSeconds;
      const fewest = Math.max(0, ...subjects.map(({ key }) => FEWEST_ROUNDS - (rounds.get(key) ?? 0)));
      if (subjects.length === 0 || (fewest === 0 && unspent <= 0)) return null;
      const began = performance.now();
      reference ??= openReference(device);
      const now = () => performance.now() / 1000;
      const { reference: own, times } = await timeRounds(reference, subjects, { fewest, mostSeconds: unspent, now });
      unspent -= (performance.now() - began) / 1000;
      for (const { key } of subjects) rounds.set(key, (rounds.get(key) ?? 0) + own.length);
      return {
        reference: digits(own),
        times: Object.fromEntries(subjects.map(({ name }, i) => [name, digits(times[i])])),
      };
    },
    free: () => reference?.free(),
  };
}
