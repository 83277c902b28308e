/** Other systems on the same workloads, in turns with outlast. */
import type { Roofline } from '../src/engine/index.ts';
import { inferenceWorkloads } from './inference.ts';
import { summarise } from './measure.ts';
import { primitiveWorkloads } from './primitives.ts';
import type { Load, Ratio, Row } from './result.ts';
import { trainingWorkloads } from './training.ts';
import { rowOf, type Workload } from './workload.ts';

/** The workloads that systems are compared on, the small ones first. */
export const comparedWorkloads: readonly Workload[] = [
  ...primitiveWorkloads,
  ...inferenceWorkloads,
  ...trainingWorkloads,
];

/** What a timing found. */
export interface Timed {
  /** Milliseconds of one run by the clock. */
  readonly milliseconds: number;
  /** Milliseconds of one run that processors worked for the system, summed over them. */
  readonly processor: number;
  /** How many processors other programs used meanwhile. */
  readonly others: number;
}

/** A system that has computed a workload once and waits in a process of its own. */
export interface Session {
  readonly version: string;
  /** First number of the result of the first run. */
  readonly value: number;
  /** What one run amounts to; only outlast says it, because the workload is the same for all. */
  readonly amount?: number;
  readonly flops?: number;
  /** From the beginning of its process to the first result: time, and the most memory that was resident. */
  readonly load?: { readonly milliseconds: number; readonly peakBytes: number | null };
  /** Resident memory before anything of the workload was loaded. */
  readonly idleBytes?: number | null;
  /** Times some runs. */
  time(): Promise<Timed>;
  stop(): Promise<void>;
}

export interface System {
  readonly name: string;
  /** Whether it can compute a workload at all. */
  runs(workload: string): boolean;
  /**
   * Timings beside other programs are not counted: the system's threads wait for one another in busy loops, so that a single other program
   * makes it many times slower.
   */
  readonly onlyAlone?: boolean;
  /** @throws Error in one line when it does not start or fails */
  start(workload: string): Promise<Session>;
}

export interface Comparison {
  /** outlast itself. */
  readonly ours: System;
  readonly peers: readonly System[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  readonly roofline: Roofline;
  /** Called with a line for each failure. */
  say(line: string): void;
  /** Called when all systems are ready to be timed on a workload. */
  onReady?(workload: Workload, systems: readonly string[]): void;
  /** Called with the comparison on a workload, as soon as there is one. */
  onCompared?(workload: Workload, compared: Compared): void;
}

/** A ratio of speeds, with the lowest and highest of the rounds. */
export interface ComparedRatio extends Ratio {
  readonly min: number;
  readonly max: number;
  /** The ratio of processor time in place of the clock's: other programs change it far less. */
  readonly processor: number;
  readonly version: string;
}

export interface Compared {
  readonly rows: readonly Row[];
  readonly ratios: readonly ComparedRatio[];
  /** The loading of workloads that are read from files. */
  readonly loads: readonly Load[];
}

/**
 * Relative difference from outlast's result beyond which a system has not computed the same thing: float32 sums of thousands of products in
 * another order differ by some 1e-5, another network by far more.
 */
const SAME_RESULT = 1e-3;

/** How many processors other programs may use while a system is timed that only counts alone. */
const ALONE = 0.1;

interface Entry {
  readonly system: System;
  readonly session: Session;
  /** By round, as far as it did not fail; null where it did not count. */
  readonly timed: (Timed | null)[];
}

const counted = ({ timed }: Entry): Timed[] => timed.filter((one) => one !== null);

/**
 * Compares all systems on each workload. Every system is started and has compiled before the rounds begin; in every round each is timed
 * once, the others idle, the order turning from round to round. A ratio is the median of the rounds' ratios. A system that fails is
 * named and left out.
 */
export async function comparePeers(comparison: Comparison): Promise<Compared> {
  const compared: Compared[] = [];
  for (const workload of comparison.workloads) {
    const result = await compareOn(workload, comparison);
    comparison.onCompared?.(workload, result);
    compared.push(result);
  }
  return {
    rows: compared.flatMap(({ rows }) => rows),
    ratios: compared.flatMap(({ ratios }) => ratios),
    loads: compared.flatMap(({ loads }) => loads),
  };
}

async function compareOn(workload: Workload, comparison: Comparison): Promise<Compared> {
  const { ours, peers, rounds, roofline, say, onReady = () => {} } = comparison;
  const entries: Entry[] = [];
  const giveUp = (system: System, error: unknown) =>
    say(`${system.name}: ${workload.name}: ${error instanceof Error ? error.message : error}`);
  try {
    for (const system of [ours, ...peers].filter(({ runs }) => runs(workload.name)))
      try {
        entries.push({ system, session: await system.start(workload.name), timed: [] });
      } catch (error) {
        giveUp(system, error);
      }
    onReady(
      workload,
      entries.map(({ system }) => system.name),
    );
    await timeInTurns(entries, rounds, giveUp);
  } finally {
    for (const { session } of entries) await session.stop();
  }
  for (const entry of entries) sayOfBusyRounds(entry, workload, say);
  const timed = entries.filter((entry) => counted(entry).length > 0);
  const oursTimed = timed.find(({ system }) => system === ours);
  if (oursTimed === undefined) return { rows: [], ratios: [], loads: [] };
  const { amount = 1, flops = 0, value } = oursTimed.session;
  for (const { system, session } of timed)
    if (!(Math.abs(session.value - value) <= SAME_RESULT * Math.max(1, Math.abs(value))))
      say(`${system.name}: ${workload.name}: computes ${session.value} where outlast computes ${value}`);
  const rows = timed.map((entry): Row => {
    const milliseconds = counted(entry).map((one) => one.milliseconds);
    const processor = summarise(counted(entry).map((one) => one.processor)).median;
    return { ...rowOf(workload, entry.system.name, { amount, flops }, milliseconds, roofline), processor };
  });
  const ratios = timed.filter((entry) => entry !== oursTimed).flatMap((entry) => ratioOf(workload, oursTimed, entry));
  return { rows, ratios, loads: timed.flatMap((entry) => loadOf(workload, entry)) };
}

function loadOf({ name: workload, fileBytes }: Workload, { system: { name: system }, session }: Entry): Load[] {
  const { load, idleBytes = null } = session;
  return fileBytes === undefined || load === undefined ? [] : [{ workload, system, fileBytes, ...load, idleBytes }];
}

/** How many times as long a system takes, of the rounds that count for both; none where there are none. */
function ratioOf(workload: Workload, ours: Entry, theirs: Entry): ComparedRatio[] {
  const pairs = theirs.timed.flatMap((one, round) => {
    const own = ours.timed[round];
    return one === null || !own ? [] : [[one, own] as const];
  });
  if (pairs.length === 0) return [];
  const { median, min, max } = summarise(pairs.map(([one, own]) => one.milliseconds / own.milliseconds));
  const processor = summarise(pairs.map(([one, own]) => one.processor / own.processor)).median;
  const { version } = theirs.session;
  const names = { workload: workload.name, system: ours.system.name, against: theirs.system.name };
  return [{ ...names, ratio: median, min, max, processor, version }];
}

function sayOfBusyRounds({ system, timed }: Entry, workload: Workload, say: (line: string) => void): void {
  const left = timed.filter((one) => one === null).length;
  if (left > 0)
    say(
      `${system.name}: ${workload.name}: ${left} of ${timed.length} rounds do not count, as other programs used more than ${ALONE} ` +
        'processors meanwhile and its threads wait for one another in busy loops',
    );
}

/** One timing of each system in every round; a system that fails is left out of the rounds that follow. */
async function timeInTurns(
  entries: readonly Entry[],
  rounds: number,
  giveUp: (system: System, error: unknown) => void,
): Promise<void> {
  const failed = new Set<Entry>();
  for (let round = 0; round < rounds; round++)
    for (let turn = 0; turn < entries.length; turn++) {
      const entry = entries[(round + turn) % entries.length];
      if (failed.has(entry)) continue;
      try {
        const timed = await entry.session.time();
        entry.timed[round] = entry.system.onlyAlone && timed.others > ALONE ? null : timed;
      } catch (error) {
        failed.add(entry);
        giveUp(entry.system, error);
      }
    }
}
