import { permutation, streamId } from '../../../base/philox.ts';
import type { DeviceClock } from '../../../engine/index.ts';
import { logRatios, medianHalfWidth } from './estimate.ts';

/** Something that is timed. */
export interface Timed {
  /** Runs it as it runs in a trial, and waits. @returns seconds of one run */
  time(): Promise<number>;
}

/** Times what `run` does by a clock. */
export const timed = ({ now }: DeviceClock, run: () => Promise<unknown>): Timed => ({
  time: async () => {
    const began = now();
    await run();
    return now() - began;
  },
});

/** Seconds of a run of each of what is timed in every round, and of the reference beside it. */
export interface Rounds {
  readonly times: readonly (readonly number[])[];
  /** The geometric mean of the reference's times before and after each. */
  readonly references: readonly (readonly number[])[];
}

export interface RoundsOptions {
  readonly fewest: number;
  /** No further round begins after these, once there are the fewest. */
  readonly mostSeconds: number;
  /** In seconds, of anything. */
  now(): number;
}

/** Half width of a ratio's interval, on the logarithm, with which it counts as known: 3 %. */
const KNOWN = Math.log(1.03);

/** More of a round are not worth their time. */
const MOST_ROUNDS = 100;

/** Where a run is shorter, several are timed together: clocks and the event loop have a grain. */
const LEAST_SECONDS = 0.01;

/** So many are timed between two runs of the reference: more would see another mood, fewer would spend much of the time on it. */
const BETWEEN_REFERENCES = 2;

/**
 * Times all once in every round, each round in another order, with the reference between every two, until the ratio of each to the
 * reference is known or the time is over. A machine's mood changes within tenths of a second: a neighbour in time shares it.
 */
export async function timeRounds(
  reference: Timed,
  subjects: readonly Timed[],
  { fewest, mostSeconds, now }: RoundsOptions,
): Promise<Rounds> {
  const times: number[][] = subjects.map(() => []);
  const references: number[][] = subjects.map(() => []);
  const repeats: number[] = [];
  const began = now();
  // The first run makes what later ones find, and tells how often each must run.
  for (const each of subjects) repeats.push(Math.max(1, Math.ceil(LEAST_SECONDS / (await each.time()))));
  let before = await reference.time();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const order = permutation(subjects.length, { seed: 0, stream: streamId('calibration.order'), substream: round });
    for (let first = 0; first < order.length; first += BETWEEN_REFERENCES) {
      const few = order.slice(first, first + BETWEEN_REFERENCES);
      for (const i of few) {
        let sum = 0;
        for (let k = 0; k < repeats[i]; k++) sum += await subjects[i].time();
        times[i].push(sum / repeats[i]);
      }
      const after = await reference.time();
      for (const i of few) references[i].push(Math.sqrt(before * after));
      before = after;
    }
    if (round + 1 < fewest) continue;
    const known = times.every((measured, i) => medianHalfWidth(logRatios(measured, references[i])) <= KNOWN);
    if (known || now() - began >= mostSeconds) break;
  }
  return { times, references };
}
