import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Device } from '../../src/engine/index.ts';
import { ROUND, soakRound } from './round.ts';
import { FEWEST_ROUNDS, growthOf, type Reading, type Tenth, tenthsOf } from './tenths.ts';

/** How long a soak lasts: for so many minutes, or so many rounds. */
export type SoakLength = { readonly minutes: number } | { readonly rounds: number };

/** What a soak did, and what it read of its process. */
export interface Soak {
  readonly minutes: number;
  readonly rounds: number;
  readonly trainings: number;
  readonly attacks: number;
  readonly fits: number;
  /** Executables that the soak compiled and freed itself; those of trainings and attacks come on top. */
  readonly executables: number;
  /** Resident memory of the last tenth, over that of the first. */
  readonly growth: number;
  readonly tenths: readonly Tenth[];
}

/**
 * Trains, attacks, fits, compiles and frees in this process, round after round, and reads its memory after each.
 * @param onRound called after each round with the number of rounds and what was read
 */
export async function soak(
  device: Device,
  length: SoakLength,
  onRound: (rounds: number, reading: Reading) => void,
): Promise<Soak> {
  const collect = garbageCollector();
  const began = performance.now();
  const spent = process.cpuUsage();
  const secondsSince = () => (performance.now() - began) / 1000;
  const goesOn = (rounds: number) =>
    rounds < FEWEST_ROUNDS || ('rounds' in length ? rounds < length.rounds : secondsSince() < 60 * length.minutes);
  const readings: Reading[] = [];
  while (goesOn(readings.length)) {
    await soakRound(device, readings.length);
    // What is no longer used, but not yet collected, is no leak: without this it would hide one.
    collect();
    const { user, system } = process.cpuUsage(spent);
    const { rss, heapUsed } = process.memoryUsage();
    readings.push({
      seconds: secondsSince(),
      processorSeconds: (user + system) / 1e6,
      residentBytes: rss,
      heapBytes: heapUsed,
      deviceBytes: device.allocatedBytes,
      handles: process.getActiveResourcesInfo().length,
      files: openFiles(),
    });
    onRound(readings.length, readings[readings.length - 1]);
  }
  const rounds = readings.length;
  const tenths = tenthsOf(readings);
  return {
    minutes: secondsSince() / 60,
    rounds,
    trainings: rounds * ROUND.trainings,
    attacks: rounds * ROUND.attacks,
    fits: rounds * ROUND.fits,
    executables: rounds * ROUND.executables,
    growth: growthOf(tenths),
    tenths,
  };
}

/** V8's garbage collector as a function, without a flag at the start of the process. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** Number of open file descriptors of this process; null where the system does not list them. */
function openFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}
