import { InputError } from '../../../base/errors.ts';
import type { AttackRecord } from '../../robustness/index.ts';
import {
  canonicalJson,
  costClock,
  describeTrial,
  type FinishedTrial,
  labelsOf,
  type Study,
} from '../../study/index.ts';
import { buildReport } from '../build.ts';
import { limits, pOf, ratioPart } from '../claims/wald.ts';
import type { TrashLine } from '../document.ts';
import { calibratedSeconds } from '../rows/calibratedSeconds.ts';
import { type StudyClock, studyClocks } from '../rows/clocks.ts';
import { type FinishedAttack, isAttack, isTraining } from '../rows/finished.ts';
import { imageName } from '../rows/imageName.ts';
import type { Difference } from './difference.ts';
import { scoreRatio } from './scoreRatio.ts';

/** A run to be compared. */
export interface ComparedRun {
  readonly name: string;
  readonly study: Study;
  readonly finished: readonly FinishedTrial[];
}

/** Several runs side by side; differences are those of each other run against the first, which has null. */
export interface Comparison {
  readonly runs: readonly string[];
  /** Attacks that are in all runs, and how many each has. */
  readonly common: number;
  readonly attacks: readonly number[];
  /** Accuracy after attacks of each run less that of the first, over the images of both where one has all of the other's. */
  readonly accuracy: readonly (Difference | null)[];
  /** Cost of attacking an image in each run as a multiple of that in the first; p is 1 where all counts are equal. */
  readonly survival: readonly (Difference | null)[];
  readonly trials: readonly ComparedTrial[];
  readonly trash: readonly ComparedTrash[];
}

/** One attack that is in all runs. */
export interface ComparedTrial {
  readonly id: string;
  readonly trial: string;
  /** Accuracy after the attack in each run. */
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
  const byKey = attacks.map((attacksOfRun) => keyed(attacksOfRun));
  const common = [...byKey[0].keys()].filter((key) => byKey.every((attacksOfRun) => attacksOfRun.has(key)));
  if (common.length === 0)
    throw new InputError(
      `compare: no attack is in all of ${runs.map(({ name }) => name).join(', ')}: no data set, network, defence and attack that they share`,
    );
  const same = byKey.map((attacksOfRun) => common.map((key) => attacksOfRun.get(key)!));
  const labels = labelsOf(runs[0].study);
  const clock = costClock(runs[0].study.survival.clock);
  const costed = runs.map(({ finished }, k): CostedAttacks => {
    const trainings = finished.filter(isTraining);
    return { attacks: same[k], clock: studyClocks(clock, trainings, attacks[k], calibratedSeconds(finished))[0] };
  });
  return {
    runs: runs.map(({ name }) => name),
    common: common.length,
    attacks: attacks.map(({ length }) => length),
    accuracy: same.map((attacksOfRun, k) => (k === 0 ? null : accuracyDifference(same[0], attacksOfRun))),
    survival: costed.map((attacksOfRun, k) => (k === 0 ? null : costRatio(costed[0], attacksOfRun))),
    trials: same[0].map((first, index) => ({
      id: first.id,
      trial: describeTrial(first.trial, labels),
      accuracy: same.map((attacksOfRun) => attacksOfRun[index].result.robustAccuracy),
      difference: same.map((attacksOfRun, k) => (k === 0 ? null : accuracyDifference([first], [attacksOfRun[index]]))),
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

/** Attacks of a run with the clock that tells what they cost. */
interface CostedAttacks {
  readonly attacks: readonly FinishedAttack[];
  readonly clock: StudyClock;
}

/** An image under one of the attacks that both runs have. */
interface Attacked {
  /** The key of the image, equal under all attacks. */
  readonly image: string;
  readonly record: AttackRecord;
  /** The place of the attack among those that both have. */
  readonly index: number;
}

/** What two runs attacked. */
interface Images {
  readonly one: readonly Attacked[];
  readonly other: readonly Attacked[];
  /** Whether both have the same images under every attack, in the same order. */
  readonly paired: boolean;
}

/**
 * The images of two runs, attack by attack: those that are in both where one run has all of the other's, else all of
 * each, as with seeds that chose other images. Sample 7 of two runs is one image only where both tell so; trials that
 * do not tell have it by seed and sample.
 * @param isCounted whether a record counts; an image of a pair needs both
 */
function imagesOf(
  first: readonly FinishedAttack[],
  second: readonly FinishedAttack[],
  isCounted: (record: AttackRecord) => boolean,
): Images {
  const parts = first.map((attack, index): Images => {
    const tell = attack.result.images !== undefined && second[index].result.images !== undefined;
    const [one, other] = [attack, second[index]].map(({ trial, result }) => {
      const dataset = canonicalJson(trial.train.data);
      const images = tell ? result.images : undefined;
      return new Map(
        result.records.map((record) => {
          const image = imageName(dataset, trial.seed, { ...result, images }, record.sample);
          return [image, { image, record, index }];
        }),
      );
    });
    const shared = [...one.keys()].filter((image) => other.has(image));
    const paired = shared.length === Math.min(one.size, other.size);
    if (!paired) {
      const counted = (own: typeof one) => [...own.values()].filter(({ record }) => isCounted(record));
      return { one: counted(one), other: counted(other), paired };
    }
    const both = shared.filter((image) => [one, other].every((own) => isCounted(own.get(image)!.record)));
    return { one: both.map((image) => one.get(image)!), other: both.map((image) => other.get(image)!), paired };
  });
  return {
    one: parts.flatMap(({ one }) => one),
    other: parts.flatMap(({ other }) => other),
    paired: parts.every(({ paired }) => paired),
  };
}

/** The mean of a figure over the images and attacks of a run, and what each image adds to its error (they add up to 0). */
function meanOf(attacked: readonly Attacked[], figure: (attacked: Attacked) => number) {
  const clusters = new Map<string, { sum: number; count: number }>();
  for (const one of attacked) {
    const before = clusters.get(one.image) ?? { sum: 0, count: 0 };
    clusters.set(one.image, { sum: before.sum + figure(one), count: before.count + 1 });
  }
  const mean = [...clusters.values()].reduce((total, { sum }) => total + sum, 0) / attacked.length;
  const influences = new Map(
    [...clusters].map(([image, { sum, count }]) => [image, (sum - mean * count) / attacked.length]),
  );
  return { mean, influences };
}

/** The variance of a difference of two means, an image that is in both adding to it once; NaN of one image. */
function differenceVariance(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>) {
  const images = new Set([...one.keys(), ...other.keys()]);
  const squares = [...images].map((image) => ((other.get(image) ?? 0) - (one.get(image) ?? 0)) ** 2);
  return { images: images.size, variance: images.size < 2 ? Number.NaN : squares.reduce((a, b) => a + b, 0) };
}

/**
 * Accuracy after attacks in the second less that in the first; its variance is that over images, each met by many attacks. Where all images
 * differ alike there is no variance, and p is that of the exact sign test.
 */
function accuracyDifference(first: readonly FinishedAttack[], second: readonly FinishedAttack[]): Difference {
  const { one, other } = imagesOf(first, second, () => true);
  const holds = ({ record }: Attacked) => Number(!record.misclassifiedBefore && !record.success);
  const [before, after] = [meanOf(one, holds), meanOf(other, holds)];
  const { images, variance } = differenceVariance(before.influences, after.influences);
  const wald = { value: after.mean - before.mean, standardError: Math.sqrt(variance) };
  const [lower, upper] = limits(wald);
  const alike = wald.value === 0 ? 1 : 2 ** (1 - images);
  return { estimate: wald.value, lower, upper, p: wald.standardError === 0 ? alike : pOf(wald) };
}

/**
 * The factor on what an image costs, second run over first: the ratio of the mean costs until it was broken or the
 * budget ended, over images and attacks, with its variance over images and that of calibrated seconds. Runs whose
 * records are equal in every count are the same attacks, whatever a clock says: they are never different. Null where no
 * image is to be compared, or the seconds of one are processor seconds and those of the other the wall's.
 */
function costRatio(first: CostedAttacks, second: CostedAttacks): Difference | null {
  if (first.clock.toldBy !== second.clock.toldBy) return null;
  const { one, other, paired } = imagesOf(first.attacks, second.attacks, (record) => !record.misclassifiedBefore);
  const costOf =
    ({ attacks, clock }: CostedAttacks) =>
    ({ index, record }: Attacked) =>
      clock.sampleCost(attacks[index], record);
  const [before, after] = [meanOf(one, costOf(first)), meanOf(other, costOf(second))];
  if (!(before.mean > 0 && after.mean > 0)) return null;
  const ratio = after.mean / before.mean;
  if (paired && one.every(({ record }, k) => sameCounts(record, other[k].record)))
    return { estimate: ratio, lower: ratio, upper: ratio, p: 1 };
  const relative = ({ mean, influences }: typeof before) =>
    new Map([...influences].map(([image, influence]) => [image, influence / mean]));
  const { images, variance } = differenceVariance(relative(before), relative(after));
  const ofClocks = [first, second].reduce((total, { clock, attacks }) => total + clock.logVariance(null, attacks), 0);
  const standardError = Math.sqrt((variance * images) / (images - 1) + ofClocks);
  const { estimate, lower, upper, p } = ratioPart('', { value: Math.log(ratio), standardError });
  return { estimate, lower, upper, p: p ?? Number.NaN };
}

/** Whether an attack did the same to an image: everything that is counted, not what a clock measured. */
function sameCounts(one: AttackRecord, other: AttackRecord): boolean {
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
  const keys = [...new Set(scores.flatMap((ofRun) => [...ofRun.keys()]))];
  return keys.map((key) => {
    const lines = scores.map((ofRun) => ofRun.get(key) ?? null);
    const { dataset, model, defence } = lines.find((line) => line !== null)!;
    return {
      dataset,
      model,
      defence,
      scores: lines.map((line) => line && { value: line.value, lower: line.lower, upper: line.upper }),
      ratio: lines.map((line, k) => (k === 0 ? null : scoreRatio(lines[0], line))),
    };
  });
}
