import { InputError } from '../../engine/errors.ts';
import type { AttackRecord } from '../attacks/record.ts';
import { canonicalJson } from '../study/identity.ts';
import { describeTrial, labelsOf } from '../study/label.ts';
import type { Study } from '../study/schema.ts';
import type { FinishedTrial } from '../study/trial.ts';
import { normalQuantile } from '../survival/specialFunctions.ts';
import { buildReport } from './build.ts';
import { calibratedSeconds } from './calibratedSeconds.ts';
import { limits, pOf, ratioPart, type Wald } from './claims/wald.ts';
import { type StudyClock, studyClocks } from './clocks.ts';
import { imageName } from './imageName.ts';
import { isTraining } from './lines.ts';
import type { TrashLine } from './report.ts';
import { type FinishedAttack, isAttack } from './rows.ts';

/** A run to be compared. */
export interface ComparedRun {
  readonly name: string;
  readonly study: Study;
  readonly finished: readonly FinishedTrial[];
}

/** A figure with its 95 % limits. */
export interface Difference {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  readonly p: number;
}

/** Several runs side by side; differences are those of each other run against the first, which has null. */
export interface Comparison {
  readonly runs: readonly string[];
  /** Attacks that are in all runs, and how many each has. */
  readonly common: number;
  readonly attacks: readonly number[];
  /** Of each run: accuracy after attacks less that of the first, over the same images. */
  readonly accuracy: readonly (Difference | null)[];
  /** Of each run: factor on what attacking an image costs against the first, image by image; p is 1 where all counts are equal. */
  readonly survival: readonly (Difference | null)[];
  readonly trials: readonly ComparedTrial[];
  readonly trash: readonly ComparedTrash[];
}

/** One attack that is in all runs. */
export interface ComparedTrial {
  readonly id: string;
  readonly trial: string;
  /** Of each run. */
  readonly accuracy: readonly number[];
  readonly difference: readonly (Difference | null)[];
}

/** The score of one model and defence in each run that has it. */
export interface ComparedTrash {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
  readonly scores: readonly (Pick<TrashLine, 'value' | 'lower' | 'upper'> | null)[];
  /** Score over that of the first run, the two intervals counting as independent. */
  readonly ratio: readonly (Difference | null)[];
}

/**
 * Compares runs by the attacks that are in all of them: of one data set, network, defence and attack; seeds, learning rates and other
 * settings of training may differ.
 * @throws InputError fewer than two runs, or no attack in all of them
 */
export function compareRuns(runs: readonly ComparedRun[]): Comparison {
  if (runs.length < 2) throw new InputError('compare: give the folders of two runs at least');
  const attacks = runs.map(({ finished }) => finished.filter(isAttack));
  const byKey = attacks.map((own) => keyed(own));
  const common = [...byKey[0].keys()].filter((key) => byKey.every((own) => own.has(key)));
  if (common.length === 0)
    throw new InputError(
      `compare: no attack is in all of ${runs.map(({ name }) => name).join(', ')}: no data set, network, defence and attack that they share`,
    );
  const same = byKey.map((own) => common.map((key) => own.get(key)!));
  const labels = labelsOf(runs[0].study);
  const { clock } = runs[0].study.survival;
  const costed = runs.map(({ finished }, k): CostedAttacks => {
    const trainings = finished.filter(isTraining);
    return { attacks: same[k], clock: studyClocks(clock, trainings, attacks[k], calibratedSeconds(finished))[0] };
  });
  return {
    runs: runs.map(({ name }) => name),
    common: common.length,
    attacks: attacks.map(({ length }) => length),
    accuracy: same.map((own, k) => (k === 0 ? null : pairedDifference(same[0], own))),
    survival: costed.map((own, k) => (k === 0 ? null : costRatio(costed[0], own))),
    trials: same[0].map((first, index) => ({
      id: first.id,
      trial: describeTrial(first.trial, labels),
      accuracy: same.map((own) => own[index].result.robustAccuracy),
      difference: same.map((own, k) => (k === 0 ? null : pairedDifference([first], [own[index]]))),
    })),
    trash: comparedTrash(runs),
  };
}

/**
 * Attacks by the data set, the network, the defence and the attack, with their place among those that share these: seeds, rates and
 * epochs may differ.
 */
function keyed(attacks: readonly FinishedAttack[]): Map<string, FinishedAttack> {
  const places = new Map<string, number>();
  return new Map(
    attacks.map((attack) => {
      const { train, defence, attack: spec } = attack.trial;
      const shared = canonicalJson({ data: train.data, model: train.model, defence, attack: spec });
      const place = places.get(shared) ?? 0;
      places.set(shared, place + 1);
      return [`${shared} ${place}`, attack];
    }),
  );
}

const told = (wald: Wald): Difference => {
  const [lower, upper] = limits(wald);
  return { estimate: wald.value, lower, upper, p: wald.standardError > 0 ? pOf(wald) : wald.value === 0 ? 1 : 0 };
};

/** An image under one attack in two runs. */
interface Twins {
  /** The same for the same image under any attack. */
  readonly image: string;
  readonly one: AttackRecord;
  readonly other: AttackRecord;
  /** The place of the attack among those that both have. */
  readonly index: number;
}

/** Attacks of a run with the clock that tells what they cost. */
interface CostedAttacks {
  readonly attacks: readonly FinishedAttack[];
  readonly clock: StudyClock;
}

/** The images that both runs attacked, attack by attack. */
function twins(first: readonly FinishedAttack[], second: readonly FinishedAttack[]): Twins[] {
  return first.flatMap(({ trial, result }, index) => {
    const others = new Map(second[index].result.records.map((record) => [record.sample, record]));
    const dataset = canonicalJson(trial.train.data);
    return result.records.flatMap((one) => {
      const other = others.get(one.sample);
      return other === undefined
        ? []
        : [{ image: imageName(dataset, trial.seed, result, one.sample), one, other, index }];
    });
  });
}

/** Accuracy after attacks in the second less that in the first; its variance is that over images, each met by many attacks. */
function pairedDifference(first: readonly FinishedAttack[], second: readonly FinishedAttack[]): Difference {
  const clusters = new Map<string, { sum: number; count: number }>();
  let [sum, count] = [0, 0];
  const holds = ({ misclassifiedBefore, success }: AttackRecord) => Number(!misclassifiedBefore && !success);
  for (const { image, one, other } of twins(first, second)) {
    const difference = holds(other) - holds(one);
    const own = clusters.get(image) ?? { sum: 0, count: 0 };
    clusters.set(image, { sum: own.sum + difference, count: own.count + 1 });
    sum += difference;
    count++;
  }
  const mean = sum / count;
  let variance = 0;
  for (const own of clusters.values()) variance += ((own.sum - mean * own.count) / count) ** 2;
  return told({ value: mean, standardError: Math.sqrt(variance) });
}

/**
 * The factor on what an image costs, second run over first: the ratio of the mean costs until it was broken or the budget ended, image by
 * image and attack by attack, with its variance over images and that of calibrated seconds. Runs whose records are equal in every count
 * are the same attacks, whatever a clock says: they are never different. Null where no image is in both, or the seconds of one are
 * processor seconds and those of the other the wall's.
 */
function costRatio(first: CostedAttacks, second: CostedAttacks): Difference | null {
  if (first.clock.toldBy !== second.clock.toldBy) return null;
  const attacked = twins(first.attacks, second.attacks).filter(
    ({ one, other }) => !one.misclassifiedBefore && !other.misclassifiedBefore,
  );
  const clusters = new Map<string, { one: number; other: number }>();
  for (const { image, one, other, index } of attacked) {
    const before = clusters.get(image) ?? { one: 0, other: 0 };
    clusters.set(image, {
      one: before.one + first.clock.sampleCost(first.attacks[index], one),
      other: before.other + second.clock.sampleCost(second.attacks[index], other),
    });
  }
  const pairs = [...clusters.values()];
  const sum = (of: 'one' | 'other') => pairs.reduce((total, pair) => total + pair[of], 0);
  const [one, other] = [sum('one'), sum('other')];
  if (!(one > 0 && other > 0)) return null;
  const ratio = other / one;
  const n = pairs.length;
  if (n < 2 || attacked.every(sameCounts)) return { estimate: ratio, lower: ratio, upper: ratio, p: 1 };
  const squares = pairs.reduce((total, pair) => total + (pair.other / other - pair.one / one) ** 2, 0);
  const ofClocks = [first, second].reduce((total, { clock, attacks }) => total + clock.logVariance(null, attacks), 0);
  const wald = { value: Math.log(ratio), standardError: Math.sqrt((squares * n) / (n - 1) + ofClocks) };
  const { estimate, lower, upper, p } = ratioPart('', wald);
  return { estimate, lower, upper, p: p !== null && Number.isFinite(p) ? p : 1 };
}

/** Whether an attack did the same to an image: everything that is counted, not what a clock measured. */
function sameCounts({ one, other }: Twins): boolean {
  const counts = ({ success, firstStep, cost: { queries, gradients, flops } }: AttackRecord) =>
    JSON.stringify([success, firstStep, queries, gradients, flops]);
  return counts(one) === counts(other);
}

function comparedTrash(runs: readonly ComparedRun[]): ComparedTrash[] {
  const unknown = { configuration: null, made: { outlast: '', node: '', webgpu: '', system: '' } };
  const scores = runs.map(({ finished, study }) => {
    const { trash } = buildReport(finished, study, { ...unknown, planned: finished.length }).report;
    return new Map(trash.map((line) => [canonicalJson([line.dataset, line.model, line.defence]), line]));
  });
  const keys = [...new Set(scores.flatMap((own) => [...own.keys()]))];
  return keys.map((key) => {
    const lines = scores.map((own) => own.get(key) ?? null);
    const { dataset, model, defence } = lines.find((line) => line !== null)!;
    return {
      dataset,
      model,
      defence,
      scores: lines.map((line) => line && { value: line.value, lower: line.lower, upper: line.upper }),
      ratio: lines.map((line, k) => (k === 0 ? null : ratioOf(lines[0], line))),
    };
  });
}

function ratioOf(first: TrashLine | null, second: TrashLine | null): Difference | null {
  const [one, other] = [logarithm(first), logarithm(second)];
  if (one === null || other === null) return null;
  const wald = { value: other.value - one.value, standardError: Math.hypot(one.standardError, other.standardError) };
  const { estimate, lower, upper, p } = ratioPart('', wald);
  return { estimate, lower, upper, p: p ?? 1 };
}

/** 97.5 % quantile of the normal distribution, which both limits lie away. */
const LIMIT = normalQuantile(0.975);

function logarithm(line: TrashLine | null): Wald | null {
  const { value, lower, upper } = line ?? { value: null, lower: null, upper: null };
  if (value === null || lower === null || upper === null) return null;
  return { value: Math.log(value), standardError: Math.log(upper / lower) / (2 * LIMIT) };
}
