import { exactInterval } from '../robustness/index.ts';

/** Accuracy with its exact 95 % interval, and whether it is better than guessing. */
export interface Guessing {
  readonly accuracy: number;
  /** Limits of Clopper and Pearson (1934). */
  readonly lower: number;
  readonly upper: number;
  /** P(at least so many right by guessing), exact binomial. */
  readonly p: number;
  /** p below 0.05. */
  readonly better: boolean;
}

/**
 * Whether `right` of `images` are more than guessing brings, where a guess is right with probability `chance`: the one-sided exact
 * binomial test.
 */
export function betterThanChance(right: number, images: number, chance: number): Guessing {
  const p = binomialTail(right, images, chance);
  return {
    accuracy: right / images,
    ...exactInterval(right, images),
    p,
    better: p < 0.05,
  };
}

/** P(X >= right) of a binomial X, its terms added from the smallest. */
function binomialTail(right: number, images: number, chance: number): number {
  if (right <= 0 || chance >= 1) return 1;
  if (chance <= 0) return 0;
  const odds = Math.log(chance) - Math.log1p(-chance);
  let logTerm = images * Math.log1p(-chance);
  const terms: number[] = [];
  for (let k = 0; k <= images; k++) {
    if (k >= right) terms.push(Math.exp(logTerm));
    logTerm += Math.log((images - k) / (k + 1)) + odds;
  }
  return Math.min(
    1,
    terms.sort((a, b) => a - b).reduce((sum, term) => sum + term, 0),
  );
}

/**
 * Training cost for every image that the model classifies rightly beyond guessing, where training on an image cost `trainingCost`;
 * infinite for a model that does not beat guessing.
 */
export function costPerRightImage(trainingCost: number, accuracy: number, chance: number): number {
  return accuracy > chance ? trainingCost / (accuracy - chance) : Number.POSITIVE_INFINITY;
}

/**
 * The strength at which TRASH would be 1 if attackers were allowed no more: at each strength the best attack up to it counts, and
 * between strengths the logarithm of TRASH is taken for linear in that of the strength. Null where it does not cross 1 between those
 * that were tried.
 */
export function breakEvenStrength(points: readonly { readonly eps: number; readonly trash: number }[]): number | null {
  const sorted = points.filter(({ eps }) => eps > 0).toSorted((a, b) => a.eps - b.eps);
  const strengths = [...new Set(sorted.map(({ eps }) => eps))];
  const best = strengths.map((eps) => ({
    eps,
    trash: Math.max(...sorted.filter((point) => point.eps <= eps).map(({ trash }) => trash)),
  }));
  for (let k = 1; k < best.length; k++) {
    const [below, above] = [best[k - 1], best[k]];
    if (!(below.trash < 1 && above.trash >= 1)) continue;
    const share = Math.log(below.trash) / (Math.log(below.trash) - Math.log(above.trash));
    return below.eps * (above.eps / below.eps) ** share;
  }
  return null;
}
