import { streamId } from '../../../base/philox.ts';
import { elements } from '../../../engine/index.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { type NormName, norms } from '../norms.ts';
import { type AttackOptions, type AttackOutcome, attackStrengths, checkCount, checkDistance } from './run/attack.ts';
import type { Batch, Samples } from './run/batch.ts';
import { sealed } from './run/method.ts';
import { ascent } from './steps/gradientStep.ts';

export interface PgdOptions extends AttackOptions {
  readonly norm: NormName;
  /** Largest distance from the original, in units of the pixel range [0, 1]. */
  readonly eps: number;
  readonly epsStep: number;
  readonly maxIter: number;
  /** 0: start at the original. Otherwise this many random starts in the ball, each for those who withstood the ones before. */
  readonly numRandomInit: number;
  /** Decides the random starts. */
  readonly seed: number;
}

/**
 * Projected gradient descent (Madry et al., arXiv 1706.06083; ART's ProjectedGradientDescent): `maxIter` steps of size `epsStep`
 * along the gradient of the cross-entropy, each projected on the ball of radius `eps` and clipped to [0, 1]. A sample stops at
 * the first step that the model misclassifies.
 * @throws InputError on an option or a pixel out of range
 */
export async function pgd(classifier: Classifier, samples: Samples, options: PgdOptions): Promise<AttackOutcome> {
  checkDistance('pgd', 'eps_step', options.epsStep, options.norm);
  return (await pgdAt(classifier, samples, [options.eps], { ...options, epsStep: () => options.epsStep }))[0];
}

export interface PgdAtOptions extends Omit<PgdOptions, 'eps' | 'epsStep'> {
  /** The step for a ball of radius `eps`. */
  readonly epsStep: (eps: number) => number;
}

/** `pgd` at several strengths in shared batches; a sample's random start has the same direction at each. */
export async function pgdAt(
  classifier: Classifier,
  samples: Samples,
  strengths: readonly number[],
  { epsStep, ...options }: PgdAtOptions,
): Promise<AttackOutcome[]> {
  const { norm, maxIter, numRandomInit, seed } = options;
  for (const eps of strengths) checkDistance('pgd', 'eps', eps, norm);
  checkCount('pgd', 'max_iter', maxIter, 1);
  checkCount('pgd', 'num_random_init', numRandomInit, 0);
  return attackStrengths(classifier, samples, options, {
    strengths,
    method: (batch) =>
      sealed(
        ascent(classifier, batch, {
          norm: norms[norm],
          stepSize: epsStep,
          stepsPerStart: maxIter,
          starts: Math.max(1, numRandomInit),
          start:
            numRandomInit === 0
              ? ({ images }) => images
              : (_, round) => randomStart(batch, classifier, norm, { seed, purpose: `pgd.start.${round}` }),
        }),
      ),
  });
}

/** Each image moved by a random point of its ball, and clipped to [0, 1]; each sample has its own stream of random numbers. */
export function randomStart(
  { images, size, sample, strength }: Batch,
  { shape }: Classifier,
  norm: NormName,
  { seed, purpose }: { readonly seed: number; readonly purpose: string },
): Float32Array {
  const pixels = elements(shape);
  const stream = streamId(purpose);
  const start = images.slice();
  for (let i = 0; i < size; i++)
    norms[norm].randomPoint(pixels, strength[i], { seed, stream, substream: sample[i] }).forEach((distance, at) => {
      start[i * pixels + at] = Math.min(1, Math.max(0, start[i * pixels + at] + distance));
    });
  return start;
}
