import betaincinv from '@stdlib/math-base-special-betaincinv';
import { normalQuantile } from '../survival/index.ts';

/** The decisions of randomised smoothing (Cohen, Rosenfeld, Kolter, arXiv 1902.02918) from counts of classes of noisy copies. */

/** What is certain of an image: with probability 1 - alpha, every image closer than `radius` in L2 is classified alike. */
export interface Certificate {
  /** The certified class; null where the classifier abstains, and the radius is 0. */
  readonly predicted: number | null;
  /** In units of the pixel range [0, 1]. */
  readonly radius: number;
}

/** One-sided lower limit of a probability at confidence 1 - alpha when `count` of n came up (Clopper and Pearson 1934). */
export function lowerConfidenceBound(count: number, n: number, alpha: number): number {
  return count === 0 ? 0 : betaincinv(alpha, count, n - count + 1);
}

/** The exact two-sided 95 % interval of a share of which `count` of `n` were seen (Clopper and Pearson 1934). */
export const exactInterval = (count: number, n: number): { readonly lower: number; readonly upper: number } => ({
  lower: lowerConfidenceBound(count, n, 0.025),
  // What is not counted is the rest.
  upper: 1 - lowerConfidenceBound(n - count, n, 0.025),
});

/** The index of the largest number, the first one of several. */
const largest = (counts: readonly number[]) => counts.reduce((best, count, i) => (count > counts[best] ? i : best), 0);

/**
 * CERTIFY of section 3.2.2: the class is chosen by `selection`, its probability estimated by `estimation`, which must be other
 * copies, and the radius is sigma · Φ⁻¹ of its lower limit. It abstains where that is not above 1/2.
 */
export function certificateOf(
  selection: readonly number[],
  estimation: readonly number[],
  { sigma, alpha }: { readonly sigma: number; readonly alpha: number },
): Certificate {
  const predicted = largest(selection);
  const n = estimation.reduce((sum, count) => sum + count, 0);
  const probability = lowerConfidenceBound(estimation[predicted], n, alpha);
  return probability > 0.5
    ? { predicted, radius: sigma * normalQuantile(probability) }
    : { predicted: null, radius: 0 };
}

/**
 * PREDICT of section 3.2.1: the class of most copies, or null where a binomial test cannot separate it from the second.
 * The two-sided test of 1/2 at alpha rejects where the lower limit at alpha / 2 is above 1/2.
 */
export function majority(counts: readonly number[], alpha: number): number | null {
  const first = largest(counts);
  const second = largest(counts.with(first, -1));
  const both = counts[first] + counts[second];
  return lowerConfidenceBound(counts[first], both, alpha / 2) > 0.5 ? first : null;
}

/** Share of images whose certified class is the label, and holds within each of the radii. */
export function certifiedAccuracy(
  certificates: readonly (Certificate & { readonly label: number })[],
  radii: readonly number[],
): { readonly radius: number; readonly accuracy: number }[] {
  const right = certificates.filter(({ predicted, label }) => predicted === label);
  return radii.map((radius) => ({
    radius,
    accuracy: right.filter((each) => each.radius >= radius).length / certificates.length,
  }));
}
