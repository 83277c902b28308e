/** Timing on a machine that does other things as well: everything in turns, many short timings, medians. */
import { max, median, min } from 'simple-statistics';
import { callsFor } from './peers/calls.mjs';

/** Something that can be timed. */
export interface Subject {
  readonly name: string;
  /** Runs the subject a number of times and waits for the last run to end. */
  call(times: number): Promise<unknown>;
}

export interface Timing {
  /** Milliseconds of the very first call, with everything that is made once. */
  readonly first: number;
  /** Milliseconds of a call, one number for each round. */
  readonly milliseconds: readonly number[];
}

export interface Rounds {
  readonly rounds: number;
  /** Milliseconds that a timing lasts at least, if 200 calls do. */
  readonly slice: number;
  /** Milliseconds since some moment. */
  clock?(): number;
  /** Called before each round with its number; round 0 warms up. */
  onRound?(round: number): void;
}

/**
 * Times all subjects in turns: one timing of each in every round, so that a slow moment of the machine slows all of them. Before the first
 * round each runs once to compile, once to learn how many calls fill a slice.
 */
export async function interleave(
  subjects: readonly Subject[],
  { rounds, slice, clock = () => performance.now(), onRound = () => {} }: Rounds,
): Promise<Timing[]> {
  const timed = async (subject: Subject, times: number) => {
    const start = clock();
    await subject.call(times);
    return (clock() - start) / times;
  };
  onRound(0);
  const entries: { subject: Subject; first: number; times: number; milliseconds: number[] }[] = [];
  for (const subject of subjects) {
    const first = await timed(subject, 1);
    entries.push({ subject, first, times: callsFor(await timed(subject, 1), slice), milliseconds: [] });
  }
  for (let round = 1; round <= rounds; round++) {
    onRound(round);
    for (const { subject, times, milliseconds } of entries) milliseconds.push(await timed(subject, times));
  }
  return entries.map(({ first, milliseconds }) => ({ first, milliseconds }));
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** @throws Error when there are no values */
export function summarise(values: readonly number[]): Summary {
  const all = [...values];
  return { median: median(all), min: min(all), max: max(all), runs: all.length };
}
