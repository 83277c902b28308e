import type { Device, Tensor } from '../device/device.ts';
import { GpuDeviceLostError, GpuTimeoutError } from '../errors.ts';
import type { TypedArray } from '../graph/dtype.ts';
import { apply } from '../graph/graph.ts';
import { compile } from '../run/compile.ts';
import type { TuningProblem } from './choices.ts';
import { wholeNumbers } from './wholeNumbers.ts';

/** What was measured of a problem. */
export interface Tuned {
  readonly key: string;
  /** The quickest; the default unless another one is clearly quicker, and the timings agree. */
  readonly variant: string;
  /** Milliseconds of a run of each variant whose result is right. */
  readonly milliseconds: Readonly<Record<string, number>>;
  /** Whether timings agreed. On a busy machine they may not, and then the default stays. */
  readonly settled: boolean;
  readonly rejected: readonly Rejection[];
}

/** A variant that must not be used, and why. */
export interface Rejection {
  readonly variant: string;
  readonly reason: string;
}

export interface TuneOptions {
  /** Times the runs of a variant; the wall clock unless given. */
  readonly stopwatch?: Stopwatch;
}

/** Times `work`, which runs a variant a number of times. @returns milliseconds */
type Stopwatch = (variant: string, times: number, work: () => Promise<void>) => Promise<number>;

/** Timings are noisy: another variant must take at most this share of the default's time to be chosen. */
const CLEARLY_QUICKER = 0.95;
/**
 * Timing goes on until the two best timings of what decides agree so far: other work on the machine only ever adds time, and seldom the
 * same twice.
 */
const AGREEING = 1.05;
const FEWEST_ROUNDS = 4;
const MOST_ROUNDS = 16;
/** Whatever takes this many times as long as the quickest in the first round is not timed again. */
const HOPELESS = 3;
/** A timing lasts at least so long, because waiting for the device is exact to a millisecond only. */
const TIMING_MS = 30;
const MOST_RUNS = 500;

/**
 * A variant may add in another order: sums of products of small whole numbers are exact all the same. Winograd's transforms divide, and
 * were seen to be off by up to 5e-6 of the largest result. A mistake changes a whole number by 1 at least: more than this share of the
 * largest, as long as that is below 32768.
 */
const ROUNDING = 2 ** -15;

const wallClock: Stopwatch = async (_variant, _times, work) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

/**
 * Finds the quickest variant for a problem. Each variant first computes it on whole numbers, in guarded memory, and must agree with the
 * default; those that do are timed in turns.
 * @throws GpuError when the default itself cannot run, or the device is lost
 */
export async function tune(
  device: Device,
  problem: TuningProblem,
  { stopwatch = wallClock }: TuneOptions = {},
): Promise<Tuned> {
  const { key, node, variants } = problem;
  const inputs = node.inputs.map((type, index) => device.tensor(wholeNumbers(type, index), type.shape, type.dtype));
  const candidates: Candidate[] = [];
  const rejected: Rejection[] = [];
  try {
    const expected = await compute(device, problem, variants[0], inputs);
    for (const variant of variants) {
      const reason = variant === variants[0] ? null : await mistakeOf(device, problem, variant, inputs, expected);
      if (reason !== null) rejected.push({ variant, reason });
      else candidates.push(await candidate(device, problem, variant, inputs));
    }
    const { milliseconds, settled } = await timeInTurns(candidates, stopwatch);
    const variant = settled ? quickest(milliseconds, variants[0]) : variants[0];
    return { key, variant, milliseconds, settled, rejected };
  } finally {
    for (const { free } of candidates) free();
    for (const { buffer } of inputs) device.release(buffer);
  }
}

function quickest(milliseconds: Readonly<Record<string, number>>, standard: string): string {
  const [[variant, time]] = Object.entries(milliseconds).sort(([, a], [, b]) => a - b);
  return time <= CLEARLY_QUICKER * milliseconds[standard] ? variant : standard;
}

const compileVariant = (device: Device, { key, node }: TuningProblem, variant: string, guarded: boolean) =>
  compile(
    ({ inputs }) => ({ output: apply(node.op, [...inputs], node.attributes) }),
    { inputs: node.inputs.map(({ shape, dtype }) => ({ shape, dtype })) },
    { device, name: `${variant} of ${key}`, variantOf: () => variant, guarded },
  );

/** The result of a variant in memory that was poisoned before. @throws Error when it wrote where it must not */
async function compute(
  device: Device,
  problem: TuningProblem,
  variant: string,
  inputs: readonly Tensor[],
): Promise<TypedArray> {
  const executable = await compileVariant(device, problem, variant, true);
  try {
    const result = await executable.run({ inputs: [...inputs] }).output.read();
    await executable.checkGuards();
    return result;
  } finally {
    executable.free();
  }
}

/** What is wrong with a variant, or null. */
async function mistakeOf(
  device: Device,
  problem: TuningProblem,
  variant: string,
  inputs: readonly Tensor[],
  expected: TypedArray,
): Promise<string | null> {
  try {
    return difference(await compute(device, problem, variant, inputs), expected);
  } catch (error) {
    const usable = error instanceof Error && !(error instanceof GpuDeviceLostError || error instanceof GpuTimeoutError);
    if (usable) return error.message;
    throw error;
  }
}

/** Where two results differ most, in words; null where rounding explains it. */
function difference(actual: TypedArray, expected: TypedArray): string | null {
  let largest = 0;
  let at = 0;
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    const apart = Math.abs(actual[i] - expected[i]);
    // Not a number is as far away as can be.
    if (!(apart <= most)) [at, most] = [i, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart];
  }
  if (most <= ROUNDING * largest) return null;
  return `it differs from the default by up to ${most}, at element ${at}, where the default gives ${expected[at]}`;
}

interface Candidate {
  readonly variant: string;
  /** Runs so often, and waits. */
  run(times: number): Promise<void>;
  free(): void;
}

async function candidate(
  device: Device,
  problem: TuningProblem,
  variant: string,
  inputs: readonly Tensor[],
): Promise<Candidate> {
  const executable = await compileVariant(device, problem, variant, false);
  return {
    variant,
    run: async (times) => {
      for (let i = 0; i < times; i++) executable.run({ inputs: [...inputs] });
      await device.settle(`${variant} of ${problem.key}`);
    },
    free: () => executable.free(),
  };
}

/** Milliseconds of one run of each candidate, the default first: the least of several timings, taken in turns. */
async function timeInTurns(
  candidates: readonly Candidate[],
  stopwatch: Stopwatch,
): Promise<Pick<Tuned, 'milliseconds' | 'settled'>> {
  /** Ascending. */
  const timings = new Map<Candidate, number[]>(candidates.map((each) => [each, []]));
  const runsOf = new Map<Candidate, number>();
  for (const each of candidates) {
    // The driver compiles in the first run.
    await each.run(1);
    const once = await stopwatch(each.variant, 1, () => each.run(1));
    runsOf.set(each, Math.min(MOST_RUNS, Math.max(1, Math.ceil(TIMING_MS / once))));
  }
  const of = (each: Candidate) => timings.get(each) as number[];
  let timed = candidates;
  let settled = false;
  for (let round = 1; round <= MOST_ROUNDS && !settled; round++) {
    for (const each of timed) {
      const runs = runsOf.get(each) as number;
      of(each).push((await stopwatch(each.variant, runs, () => each.run(runs))) / runs);
      of(each).sort((a, b) => a - b);
    }
    const [first] = [...timed].sort((a, b) => of(a)[0] - of(b)[0]);
    if (round === 1) timed = candidates.filter((each) => of(each)[0] <= HOPELESS * of(first)[0]);
    const deciding = timed.filter((each) => each === first || each === candidates[0]);
    settled = round >= FEWEST_ROUNDS && deciding.every((each) => of(each)[1] <= AGREEING * of(each)[0]);
  }
  return { milliseconds: Object.fromEntries(candidates.map((each) => [each.variant, of(each)[0]])), settled };
}
