import { InputError } from '../../../base/errors.ts';
import { elements } from '../../../engine/index.ts';
import { type AttackName, attackNamed } from '../attacks/catalogue.ts';
import type { AnySettings } from '../attacks/defineAttack.ts';
import { type AttackOutcome, type AttackProgress, toByteLevel } from '../attacks/run/attack.ts';
import type { Samples } from '../attacks/run/batch.ts';
import { distances } from '../attacks/run/distances.ts';
import type { AttackRecord } from '../attacks/run/record.ts';
import { gather, gatherLabels } from '../attacks/run/rows.ts';
import { attackWarnings } from '../attacks/run/warnings.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { openCostTally } from './costTally.ts';
import { type Improvement, PassWatch } from './passWatch.ts';
import { SEARCH_STEPS, searchRadii } from './radiusSearch.ts';

/** Forward and backward passes that AttackBench allows a sample. */
export const ATTACKBENCH_BUDGET = 2000;

/** What an attack did to a sample under the protocol. */
export interface ProtocolSample {
  readonly label: number;
  readonly predictedBefore: number;
  /** The class of the nearest adversarial image; of the original where there is none. */
  readonly predictedAfter: number;
  /** Smallest distance found within the budget: 0 where the model was wrong before, infinite where it was never broken. */
  readonly distance: number;
  /** The nearest adversarial image, or the original. */
  readonly image: Float32Array;
  readonly forwards: number;
  readonly backwards: number;
  readonly trace: readonly Improvement[];
}

/** What an attack came to under the protocol. */
export interface ProtocolOutcome {
  readonly samples: readonly ProtocolSample[];
  /**
   * What any attack tells: the images are the nearest, a success is one within the budget, and a record's cost is what was paid until the
   * first adversarial image, or until the budget was spent, over all radii. Looks at what a radius came to are not charged there.
   */
  readonly outcome: AttackOutcome;
}

export interface ProtocolOptions {
  readonly seed?: number;
  readonly batchSize?: number;
  /** Passes, forward and backward together, for each sample; 2,000 unless given. */
  readonly budget?: number;
  /** Steps of an attack that runs once; radii of one that is searched. */
  onProgress?(progress: AttackProgress): void;
}

/**
 * Attacks samples by AttackBench's protocol (Cinà et al., arXiv 2404.19460): passes are counted, and the smallest distance found within the
 * budget is what an attack came to. An attack that looks for the nearest adversarial image runs once. One within a radius runs for up to 20
 * radii, each sample with a search of its own: the radius doubles until the attack succeeds, then halves the interval.
 * @param settings all that the attack runs with; a radius and a step length among them are not used
 * @throws InputError for an attack whose strength is a count, which has no radius to search
 */
export async function runAttackBench(
  name: AttackName,
  classifier: Classifier,
  samples: Samples,
  settings: AnySettings,
  { seed = 0, batchSize, budget = ATTACKBENCH_BUDGET, onProgress }: ProtocolOptions = {},
): Promise<ProtocolOutcome> {
  checkRadius(name);
  const { eps: _, epsStep: __, ...rest } = settings;
  const { norm } = settings;
  const pixels = elements(classifier.shape);
  const everybody = Array.from(samples.labels, (_, i) => i);
  const originals = everybody.map((i) => samples.images.subarray(i * pixels, (i + 1) * pixels));
  const watch = new PassWatch(originals, norm, budget);
  const before = await classifier.predict(samples.images);
  const right = everybody.filter((i) => before[i] === samples.labels[i]);
  const tally = openCostTally(everybody.length);
  const attack = async (numbers: readonly number[], more: object) => {
    const chosen = numbers.map((number) => Math.max(0, number));
    const outcome = await attackNamed(name).run(
      classifier,
      { images: gather(samples.images, chosen, pixels), labels: gatherLabels(samples.labels, chosen) },
      { ...rest, ...more, seed, batchSize, watch: watch.over(numbers) },
    );
    tally.add(numbers, outcome, watch.samples);
    return outcome.records.map(({ success }) => success);
  };
  if (attackNamed(name).strength === 'eps') {
    const onStep = (done: number) => {
      const holding = right.filter((i) => watch.samples[i].distance === Infinity).length;
      onProgress?.({ done, total: SEARCH_STEPS, holding, samples: everybody.length });
    };
    await searchRadii(right, { norm, pixels, watch }, (numbers, eps) => attack(numbers, { eps }), onStep);
  } else await attack(everybody, { onProgress });

  const images = new Float32Array(samples.images.length);
  watch.samples.forEach(({ image }, i) => {
    images.set(image, i * pixels);
  });
  const after = await classifier.predict(images);
  const rounded = await classifier.predict(images.map(toByteLevel));
  const found = watch.samples.map((watched, i): ProtocolSample => {
    const { firstStep: ___, steps: ____, ...sample } = watched;
    const label = samples.labels[i];
    const nearest = after[i] === label ? Infinity : watched.distance;
    const distance = before[i] === label ? nearest : 0;
    return { label, predictedBefore: before[i], predictedAfter: after[i], ...sample, distance };
  });
  const records = found.map(({ label, predictedBefore, predictedAfter, distance, image }, sample): AttackRecord => {
    const misclassifiedBefore = predictedBefore !== label;
    const success = !misclassifiedBefore && Number.isFinite(distance);
    return {
      ...{ sample, label, predictedBefore, predictedAfter, misclassifiedBefore, success },
      successAfterRounding: success && rounded[sample] !== label,
      firstStep: success ? watch.samples[sample].firstStep : null,
      cost: tally.costs[sample],
      distances: distances(originals[sample], image, classifier.shape),
    };
  });
  const share = (count: number) => count / records.length;
  return {
    samples: found,
    outcome: {
      records,
      images,
      cleanAccuracy: share(right.length),
      robustAccuracy: share(right.filter((i) => !records[i].success).length),
      found: tally.found,
      warnings: attackWarnings(classifier, samples, records, tally.found, new Set(before)),
    },
  };
}

/** @throws InputError for an attack whose strength is a count, which has no radius to search */
export function checkRadius(name: AttackName): void {
  const { strength } = attackNamed(name);
  if (strength === 'pixels' || strength === 'grey levels')
    throw new InputError(
      `${name}: AttackBench's protocol searches for a radius, and its strength counts ${strength}; it must be an attack with eps or without strength`,
    );
}
