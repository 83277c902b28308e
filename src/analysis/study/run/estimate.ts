import type { Precision } from '../../../models/index.ts';
import type { Trial } from '../trial/trial.ts';
import { type Costs, kindOf, trialCosts } from './cost.ts';
import type { RunEvent } from './run.ts';

/** A trial that was computed, and how long that took. */
export interface Observation {
  readonly trial: Trial;
  readonly seconds: number;
}

/** How long trials will take, from how long others took. */
export interface Estimate {
  readonly costs: Costs;
  /** Takes note of a trial that was computed. */
  observe(observation: Observation): void;
  secondsOf(trial: Trial): number;
  /** Trials that it rests on; 0: a guess. */
  readonly observed: number;
}

/**
 * Work a second of a software adapter on two cores, where nothing was measured: of a ResNet-18 of width 16 on MNIST, `outlast bench
 * training` (see docs/performance.md).
 */
const GUESSED_RATE = 15e9;

/** Loading, compiling and writing, where nothing was measured. */
const GUESSED_START_SECONDS = 1;

/** How much longer the same work takes than in f32, where that was not measured: orders of magnitude, of a ResNet-18 of width 4. */
const GUESSED_FACTOR: Readonly<Record<Precision, number>> = { f8: 1.5, f16: 1.5, f32: 1, f32x2: 4, f64: 20 };

/** Seconds and work of the trials of a kind. */
interface Tally {
  seconds: number;
  work: number;
}

/**
 * Every kind of trial has a rate of its own, seconds over work of those that were observed. A kind that was not observed has the rate
 * of its like in other precisions, or that of all trials.
 */
export function estimate(observations: readonly Observation[] = [], costs: Costs = trialCosts()): Estimate {
  const kinds = new Map<string, Tally>();
  let observed = 0;
  const add = (key: string, seconds: number, work: number) => {
    const tally = kinds.get(key) ?? { seconds: 0, work: 0 };
    kinds.set(key, { seconds: tally.seconds + seconds, work: tally.work + work });
  };
  const factorOf = (trial: Trial) => GUESSED_FACTOR[(trial.kind === 'train' ? trial : trial.train).model.precision];
  const observe = ({ trial, seconds }: Observation) => {
    const work = costs.workOf(trial);
    const scaled = seconds / factorOf(trial);
    add(kindOf(trial), seconds, work);
    add(nameOf(trial), scaled, work);
    add('', scaled, work);
    observed++;
  };
  for (const observation of observations) observe(observation);
  return {
    costs,
    observe,
    secondsOf: (trial) => {
      const work = costs.workOf(trial);
      const rate = kinds.get(kindOf(trial));
      if (rate !== undefined) return (work * rate.seconds) / rate.work;
      const like = kinds.get(nameOf(trial)) ?? kinds.get('');
      if (like !== undefined) return (factorOf(trial) * work * like.seconds) / like.work;
      return GUESSED_START_SECONDS + (factorOf(trial) * work) / GUESSED_RATE;
    },
    get observed() {
      return observed;
    },
  };
}

/** The kind without the precision. */
const nameOf = (trial: Trial) => kindOf(trial).replace(/ [^ ]*$/, '');

/** How long the rest of a run will take: told of what ends, it learns. */
export interface TimeLeft {
  observe(event: RunEvent & { type: 'finished' | 'failed' }): void;
  /** Null while that is a guess. */
  seconds(): number | null;
}

/**
 * The time that is left of trials that are missing.
 * @param workers processes that share them: each trial is as slow as was seen, and so many go on at once
 */
export function timeLeft(missing: readonly Trial[], expected: Estimate, workers = 1): TimeLeft {
  const { costs } = expected;
  // Trials of a kind take time in proportion to their work, so that one of them and the sum of work say it for all.
  const kinds = new Map<string, { readonly example: Trial; work: number }>();
  const add = (trial: Trial, sign: 1 | -1) => {
    const tally = kinds.get(kindOf(trial)) ?? { example: trial, work: 0 };
    kinds.set(kindOf(trial), tally);
    tally.work += sign * costs.workOf(trial);
  };
  for (const trial of missing) add(trial, 1);
  let left = missing.length;
  return {
    observe: (event) => {
      if (event.type === 'finished' && event.seconds !== null)
        expected.observe({ trial: event.finished.trial, seconds: event.seconds });
      add(event.type === 'finished' ? event.finished.trial : event.failed.trial, -1);
      left--;
    },
    seconds: () => {
      if (left <= 0) return 0;
      if (expected.observed === 0) return null;
      const all = [...kinds.values()].map(
        ({ example, work }) => (Math.max(0, work) * expected.secondsOf(example)) / costs.workOf(example),
      );
      return all.reduce((sum, seconds) => sum + seconds, 0) / workers;
    },
  };
}
