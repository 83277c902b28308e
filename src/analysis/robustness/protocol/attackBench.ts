import { InputError } from '../../../base/errors.ts';
import { groupBy } from '../../../base/groupBy.ts';
import { elements } from '../../../engine/index.ts';
import { type AttackName, attackNamed } from '../attacks/catalogue.ts';
import type { AnySettings, AttackNorm } from '../attacks/defineAttack.ts';
import type { Samples } from '../attacks/run/batch.ts';
import { gather, gatherLabels } from '../attacks/run/rows.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { FILLER, type Improvement, PassWatch } from './passWatch.ts';

/** Forward and backward passes that AttackBench allows a sample. */
export const ATTACKBENCH_BUDGET = 2000;

/** Radii that AttackBench's search tries, one after the other. */
const SEARCH_STEPS = 20;

/** The first radius of the search. */
const FIRST_RADIUS: Readonly<Record<AttackNorm, number>> = { inf: 1 / 255, '2': 1, '1': 10, '0': 100 };

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

export interface ProtocolOptions {
  readonly seed?: number;
  readonly batchSize?: number;
  /** Passes, forward and backward together, for each sample; 2,000 unless given. */
  readonly budget?: number;
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
  { seed = 0, batchSize, budget = ATTACKBENCH_BUDGET }: ProtocolOptions = {},
): Promise<ProtocolSample[]> {
  checkRadius(name);
  const { strength } = attackNamed(name);
  const { eps: _, epsStep: __, ...rest } = settings;
  const pixels = elements(classifier.shape);
  const count = samples.labels.length;
  const imageOf = (i: number) => samples.images.subarray(i * pixels, (i + 1) * pixels);
  const watch = new PassWatch(
    Array.from({ length: count }, (_, i) => imageOf(i)),
    settings.norm,
    budget,
  );
  const before = await classifier.predict(samples.images);
  const everybody = Array.from({ length: count }, (_, i) => i);
  const right = everybody.filter((i) => before[i] === samples.labels[i]);
  const attack = async (numbers: readonly number[], more: object) => {
    const chosen = numbers.map((number) => Math.max(0, number));
    const { records } = await attackNamed(name).run(
      classifier,
      { images: gather(samples.images, chosen, pixels), labels: gatherLabels(samples.labels, chosen) },
      { ...rest, ...more, seed, batchSize, watch: watch.over(numbers) },
    );
    return records.map(({ success }) => success);
  };
  if (strength === 'eps') await search(right, settings.norm, pixels, watch, attack);
  else await attack(everybody, {});
  const nearest = new Float32Array(samples.images.length);
  watch.samples.forEach(({ image }, i) => {
    nearest.set(image, i * pixels);
  });
  const after = await classifier.predict(nearest);
  return watch.samples.map((watched, i) => {
    const label = samples.labels[i];
    const found = after[i] === label ? Infinity : watched.distance;
    const distance = before[i] === label ? found : 0;
    return { label, predictedBefore: before[i], predictedAfter: after[i], ...watched, distance };
  });
}

/** @throws InputError for an attack whose strength is a count, which has no radius to search */
export function checkRadius(name: AttackName): void {
  const { strength } = attackNamed(name);
  if (strength === 'pixels' || strength === 'grey levels')
    throw new InputError(
      `${name}: AttackBench's protocol searches for a radius, and its strength counts ${strength}; it must be an attack with eps or without strength`,
    );
}

/** Where the search of a sample stands. */
interface Search {
  readonly radius: number;
  readonly low: number;
  readonly best: number;
  readonly isFound: boolean;
}

/** Runs an attack at one radius after the other, samples of one radius together. */
async function search(
  right: readonly number[],
  norm: AttackNorm,
  pixels: number,
  watch: PassWatch,
  attack: (numbers: readonly number[], settings: object) => Promise<readonly boolean[]>,
): Promise<void> {
  const farthest = { inf: 1, '2': Math.sqrt(pixels), '1': pixels, '0': pixels }[norm];
  const searches = new Map(
    right.map((sample): [number, Search] => [
      sample,
      { radius: Math.min(FIRST_RADIUS[norm], farthest), low: 0, best: 2 * farthest, isFound: false },
    ]),
  );
  for (let step = 0; step < SEARCH_STEPS; step++) {
    const going = right.filter((sample) => !watch.isSpent(sample) && (searches.get(sample)?.low ?? 0) < farthest);
    const radiusOf = (sample: number) => searches.get(sample)?.radius ?? 0;
    for (const together of groupBy(going, (sample) => String(radiusOf(sample)))) {
      const radius = radiusOf(together[0]);
      const isBroken = await attack(filledUp(together), { eps: radius });
      together.forEach((sample, k) => {
        // The search looks at the image that the attack returns, as AttackBench's does.
        if (!watch.isSpent(sample)) watch.count(sample, { queries: 1, gradients: 0 });
        const before = searches.get(sample);
        if (before !== undefined) searches.set(sample, next(before, isBroken[k], farthest));
      });
    }
  }
}

function next(
  { radius, low: lowBefore, best: bestBefore, isFound: wasFound }: Search,
  isBroken: boolean,
  farthest: number,
) {
  const isBetter = isBroken && radius < bestBefore;
  const isFound = wasFound || isBetter;
  const low = isBetter ? lowBefore : radius;
  const best = isBetter ? radius : bestBefore;
  const isBracketed = isFound || 2 * low >= best;
  return { radius: isBracketed ? (low + best) / 2 : Math.min(2 * low, farthest), low, best, isFound };
}

/** Samples filled up to a power of two, so that searches need few batch sizes. */
function filledUp(samples: readonly number[]): number[] {
  const size = Math.max(4, 2 ** Math.ceil(Math.log2(samples.length)));
  return [...samples, ...new Array<number>(size - samples.length).fill(FILLER)];
}
