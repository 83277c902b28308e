import { permutation, streamId } from '../../../engine/philox.ts';
import { logRatios, medianHalfWidth } from './estimate.ts';

/** Something that is timed. */
export interface Timed {
  /** Runs it as it runs in a trial, and waits. @returns seconds of one run */
  time(): Promise<number>;
}

/** Seconds of a run of each of what is timed, and of the reference, in every round. */
export interface Rounds {
  readonly reference: readonly number[];
  readonly times: readonly (readonly number[])[];
}

export interface RoundsOptions {
  readonly fewest: number;
  /** No further round begins after these, once there are the fewest. */
  readonly mostSeconds: number;
  /** In seconds, of anything. */
  now(): number;
}

/** Half width of a ratio's interval, on the logarithm, with which it counts as known: 3 %. */
export const KNOWN = Math.log(1.03);

/** More of a round are not worth their time. */
const MOST_ROUNDS = 60;

/** Where a run is shorter, several are timed together: clocks and the event loop have a grain. */
const LEAST_SECONDS = 0.015;

/**
 * Times all, and the reference between them, once in every round, each round in another order, until the ratio of each to the
 * reference is known or the time is over.
 */
export async function timeRounds(
  reference: Timed,
  subjects: readonly Timed[],
  { fewest, mostSeconds, now }: RoundsOptions,
): Promise<Rounds> {
  const all = [reference, ...subjects];
  const times: number[][] = all.map(() => []);
  const repeats: number[] = [];
  const began = now();
  // The first run makes what later ones find, and tells how often each must run.
  for (const each of all) {
    await each.time();
    repeats.push(Math.max(1, Math.ceil(LEAST_SECONDS / (await each.time()))));
  }
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const i of permutation(all.length, { seed: 0, stream: streamId('calibration.order'), substream: round })) {
      let sum = 0;
      for (let k = 0; k < repeats[i]; k++) sum += await all[i].time();
      times[i].push(sum / repeats[i]);
    }
    if (round + 1 < fewest) continue;
    const known = times.slice(1).every((own) => medianHalfWidth(logRatios(own, times[0])) <= KNOWN);
    if (known || now() - began >= mostSeconds) break;
  }
  return { reference: times[0], times: times.slice(1) };
}
