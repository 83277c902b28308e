import { InputError } from '../../../base/errors.ts';
import { type BootstrapOptions, bootstrap } from '../bootstrap.ts';
import { lastAtOrBefore } from '../clock.ts';
import { isExact, type SurvivalTable } from '../table/table.ts';
import type { SurvivalCurvePoints } from './kaplanMeier.ts';
import { tiedTimes } from './tiedTimes.ts';

/**
 * Nonparametric maximum likelihood estimate of S where failures are known to lie in intervals. It says how much mass lies in each of
 * some intervals, not where in them: `times` are their ends, by which all of it has failed.
 */
export interface TurnbullEstimate extends SurvivalCurvePoints {
  /** Where the interval that ends at each time begins: the mass lies in (start, time], or at the time where both are the same. */
  readonly starts: Float64Array;
  /** Probability of a failure in each of these intervals. */
  readonly masses: Float64Array;
  readonly logLikelihood: number;
  readonly confidenceLevel: number;
}

export interface TurnbullOptions {
  /** Tables drawn for the limits; 200 when left out, 0 for none. */
  readonly replicates?: number;
  readonly seed?: number;
  readonly confidenceLevel?: number;
}

/** Tables that are drawn for percentile limits unless told otherwise. */
const REPLICATES = 200;

/** By how much, for each row, the log likelihood may lie below its maximum. */
const TOLERANCE = 1e-10;

/** What is drawn need be no more exact than its own randomness. */
const DRAWN_TOLERANCE = 1e-5;

const MOST_ITERATIONS = 20_000;

/** Mass below which an interval is none: what iterations leave of intervals that have none at the maximum. */
const LEAST_MASS = 1e-7;

/**
 * Turnbull's (1976) estimate of S from exact, right-, left- and interval-censored rows; of exact and right-censored rows that of Kaplan
 * and Meier. Its EM algorithm is accelerated by squared extrapolation (Varadhan and Roland 2008) and ends where the derivatives show that
 * the log likelihood is within 1e-10 a row of its maximum (Gentleman and Geyer 1994). Limits are percentiles of the bootstrap, which
 * draws whole clusters where the table has them; NaN without one.
 * @throws InputError where a row entered late, or weights are not whole
 */
export function turnbull(table: SurvivalTable, options: TurnbullOptions = {}): TurnbullEstimate {
  const { replicates = REPLICATES, seed = 0, confidenceLevel = 0.95 } = options;
  const late = table.entry.findIndex((entry) => entry > 0);
  if (late >= 0)
    throw new InputError(
      `Turnbull: row ${late + 1} was only observed from ${table.entry[late]} on; rows of interval-censored curves are observed from 0 on`,
    );
  const { starts, times, masses, survival, logLikelihood } = maximum(table, TOLERANCE);
  const limits = limitsOf(table, times, { replicates, seed, confidenceLevel });
  return { starts, times, masses, survival, ...limits, logLikelihood, confidenceLevel };
}

/** Weight of the rows that are not known to have failed, or to have been censored, before a time. */
export function stillObserved({ lower, upper, weights }: SurvivalTable, time: number): number {
  return weights.reduce(
    (sum, weight, i) => ((upper[i] < Infinity ? upper[i] : lower[i]) >= time ? sum + weight : sum),
    0,
  );
}

function limitsOf(table: SurvivalTable, times: Float64Array, { replicates = 0, ...options }: BootstrapOptions) {
  if (replicates === 0 || times.length === 0) {
    const none = times.map(() => Number.NaN);
    return { lower: none, upper: none };
  }
  const atTimes = (drawn: SurvivalTable) => {
    const curve = maximum(drawn, DRAWN_TOLERANCE);
    return times.map((time) => {
      const k = lastAtOrBefore(curve.times, time);
      return k < 0 ? 1 : curve.survival[k];
    });
  };
  const { intervals } = bootstrap(table, atTimes, { ...options, replicates });
  return {
    lower: Float64Array.from(intervals, ({ lower }) => lower),
    upper: Float64Array.from(intervals, ({ upper }) => upper),
  };
}

/** The estimate without limits. */
function maximum(given: SurvivalTable, tolerance: number) {
  const cells = innermost(tiedTimes(given));
  const { masses: all, logLikelihood } = maximise(cells, tolerance);
  const kept = [...all.keys()].filter((k) => all[k] > LEAST_MASS && cells.ends[k] < Infinity);
  const masses = Float64Array.from(kept, (k) => all[k]);
  // From the end, so that what never failed, and the last steps, are sums of few masses.
  const survival = new Float64Array(kept.length);
  let left = all.reduce((sum, mass, k) => (cells.ends[k] === Infinity ? sum + mass : sum), 0);
  for (let k = kept.length - 1; k >= 0; k--) {
    survival[k] = left;
    left += masses[k];
  }
  return {
    starts: Float64Array.from(kept, (k) => cells.starts[k]),
    times: Float64Array.from(kept, (k) => cells.ends[k]),
    masses,
    survival,
    logLikelihood,
  };
}

/** The intervals in which the mass of a maximum can lie, and what rows see of them. */
interface Cells {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Different observations: the first and the last cell that each may lie in, and its weight. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly weights: Float64Array;
}

/** Where an interval begins and ends on a line on which an exact time begins before it and an open bound after it. */
interface Bound {
  readonly time: number;
  /** 0: a beginning that includes the time; 1: an end; 2: a beginning just after it. */
  readonly kind: 0 | 1 | 2;
}

function innermost(table: SurvivalTable): Cells {
  const bounds: Bound[] = [];
  for (let i = 0; i < table.rows; i++) {
    bounds.push({ time: table.lower[i], kind: isExact(table, i) ? 0 : 2 }, { time: table.upper[i], kind: 1 });
  }
  bounds.sort((a, b) => (a.time === b.time ? a.kind - b.kind : a.time - b.time));
  const starts: number[] = [];
  const ends: number[] = [];
  const open: boolean[] = [];
  bounds.forEach((bound, k) => {
    const before = bounds[k - 1];
    if (bound.kind !== 1 || before === undefined || before.kind === 1) return;
    starts.push(before.time);
    ends.push(bound.time);
    open.push(before.kind === 2);
  });
  const endTimes = Float64Array.from(ends);
  const beginnings = Float64Array.from(starts);
  const observed = new Map<number, { first: number; last: number; weight: number }>();
  for (let i = 0; i < table.rows; i++) {
    const [first, last] = isExact(table, i)
      ? placeOf(endTimes, table.lower[i])
      : [firstAfter(beginnings, open, table.lower[i]), lastAtOrBefore(endTimes, table.upper[i])];
    const key = first * ends.length + last;
    const same = observed.get(key);
    if (same === undefined) observed.set(key, { first, last, weight: table.weights[i] });
    else same.weight += table.weights[i];
  }
  const all = [...observed.values()];
  return {
    starts: beginnings,
    ends: endTimes,
    first: Int32Array.from(all, ({ first }) => first),
    last: Int32Array.from(all, ({ last }) => last),
    weights: Float64Array.from(all, ({ weight }) => weight),
  };
}

/** The cell of an exact time, which is a cell of its own: the one that ends there. */
function placeOf(ends: Float64Array, time: number): readonly [number, number] {
  const place = lastAtOrBefore(ends, time);
  return [place, place];
}

/** The first cell that lies wholly after a time. */
function firstAfter(starts: Float64Array, open: readonly boolean[], time: number): number {
  const at = lastAtOrBefore(starts, time);
  return at >= 0 && starts[at] === time && open[at] ? at : at + 1;
}

/** Maximises the likelihood over the masses of the cells. */
function maximise({ first, last, weights, starts }: Cells, tolerance: number) {
  const count = starts.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sums = new Float64Array(count + 1);
  const factors = new Float64Array(count + 1);
  let gap = Infinity;

  /** A step of EM, and the log likelihood of where it began; `gap` bounds how far that is below the maximum, for each row. */
  const step = (masses: Float64Array): { readonly next: Float64Array; readonly logLikelihood: number } => {
    for (let k = 0; k < count; k++) sums[k + 1] = sums[k] + masses[k];
    factors.fill(0);
    let logLikelihood = 0;
    for (let i = 0; i < weights.length; i++) {
      const mass = first[i] === last[i] ? masses[first[i]] : sums[last[i] + 1] - sums[first[i]];
      logLikelihood += weights[i] * Math.log(mass);
      factors[first[i]] += weights[i] / mass;
      factors[last[i] + 1] -= weights[i] / mass;
    }
    let factor = 0;
    let largest = 0;
    const next = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      factor += factors[k];
      largest = Math.max(largest, factor);
      // Above 0 but for rounding: factors are sums of differences.
      next[k] = (masses[k] * Math.max(0, factor)) / total;
    }
    gap = largest / total - 1;
    return { next, logLikelihood };
  };

  let masses: Float64Array = new Float64Array(count).fill(1 / count);
  let best = step(masses);
  for (let iteration = 0; iteration < MOST_ITERATIONS && gap > tolerance; iteration++) {
    const { next: once } = best;
    const { next: twice } = step(once);
    const leap = extrapolated(masses, once, twice);
    const leapt = leap === null ? null : step(leap);
    if (leap !== null && leapt !== null && leapt.logLikelihood >= best.logLikelihood) {
      masses = leap;
      best = leapt;
    } else {
      masses = twice;
      best = step(twice);
    }
  }
  return { masses, logLikelihood: best.logLikelihood };
}

/** Squared extrapolation of three points of EM, with masses that are positive and sum to 1; null where they stand still. */
function extrapolated(masses: Float64Array, once: Float64Array, twice: Float64Array): Float64Array | null {
  let [r2, v2] = [0, 0];
  for (let k = 0; k < masses.length; k++) {
    r2 += (once[k] - masses[k]) ** 2;
    v2 += (twice[k] - 2 * once[k] + masses[k]) ** 2;
  }
  if (v2 === 0) return null;
  const alpha = Math.max(1, Math.sqrt(r2 / v2));
  const leap = masses.map((mass, k) => {
    const r = once[k] - mass;
    const v = twice[k] - once[k] - r;
    return Math.max(twice[k] / 1024, mass + 2 * alpha * r + alpha * alpha * v);
  });
  const sum = leap.reduce((total, mass) => total + mass, 0);
  return leap.map((mass) => mass / sum);
}
