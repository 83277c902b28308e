import { groupBy } from '../../../base/groupBy.ts';
import type { AttackNorm } from '../attacks/defineAttack.ts';
import { FILLER, type PassWatch } from './passWatch.ts';

/** Radii that AttackBench's search tries, one after the other. */
export const SEARCH_STEPS = 20;

/** The first radius of the search. */
const FIRST_RADIUS: Readonly<Record<AttackNorm, number>> = { inf: 1 / 255, '2': 1, '1': 10, '0': 100 };

/** Where the search of a sample stands. */
interface Search {
  readonly radius: number;
  readonly low: number;
  readonly best: number;
  readonly isFound: boolean;
}

/**
 * Runs an attack at one radius after the other, each sample with a search of its own, samples of one radius together: the radius doubles
 * until the attack succeeds, then halves the interval.
 * @param right the samples to attack
 * @param attack of samples of these numbers at a radius; says which it broke
 * @param onStep called before every radius, with how many were tried
 */
export async function searchRadii(
  right: readonly number[],
  { norm, pixels, watch }: { readonly norm: AttackNorm; readonly pixels: number; readonly watch: PassWatch },
  attack: (numbers: readonly number[], radius: number) => Promise<readonly boolean[]>,
  onStep: (done: number) => void,
): Promise<void> {
  const farthest = { inf: 1, '2': Math.sqrt(pixels), '1': pixels, '0': pixels }[norm];
  const searches = new Map(
    right.map((sample): [number, Search] => [
      sample,
      { radius: Math.min(FIRST_RADIUS[norm], farthest), low: 0, best: 2 * farthest, isFound: false },
    ]),
  );
  for (let step = 0; step < SEARCH_STEPS; step++) {
    onStep(step);
    const going = right.filter((sample) => !watch.isSpent(sample) && (searches.get(sample)?.low ?? 0) < farthest);
    const radiusOf = (sample: number) => searches.get(sample)?.radius ?? 0;
    for (const together of groupBy(going, (sample) => String(radiusOf(sample)))) {
      const radius = radiusOf(together[0]);
      const isBroken = await attack(filledUp(together), radius);
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
