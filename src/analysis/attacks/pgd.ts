import { elements } from '../../engine/graph.ts';
import { streamId } from '../../engine/philox.ts';
import type { Classifier } from '../classifier.ts';
import {
  type AttackOptions,
  type AttackOutcome,
  attackInBatches,
  type Batch,
  checkCount,
  checkDistance,
  type Samples,
} from './attack.ts';
import { ascend } from './gradientStep.ts';
import { type NormName, norms } from './norms.ts';

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
  const { norm, eps, epsStep, maxIter, numRandomInit, seed, onProgress } = options;
  checkDistance('pgd', 'eps', eps, norm);
  checkDistance('pgd', 'eps_step', epsStep, norm);
  checkCount('pgd', 'max_iter', maxIter, 1);
  checkCount('pgd', 'num_random_init', numRandomInit, 0);
  const rounds = Math.max(1, numRandomInit);
  return attackInBatches(classifier, samples, options, (batch) =>
    ascend(classifier, batch, {
      norm: norms[norm],
      eps,
      stepSize: epsStep,
      stepsPerStart: maxIter,
      starts:
        numRandomInit === 0
          ? [batch.images]
          : Array.from({ length: rounds }, (_, round) => randomStart(batch, round, classifier, { norm, eps, seed })),
      onStep: (done, holding) => onProgress?.({ done, total: rounds * maxIter, holding, samples: batch.size }),
    }),
  );
}

/** Each image moved by a random point of the ball, and clipped to [0, 1]; its own stream of random numbers for each round. */
function randomStart(
  { images, size, first }: Batch,
  round: number,
  { shape }: Classifier,
  { norm, eps, seed }: Pick<PgdOptions, 'norm' | 'eps' | 'seed'>,
): Float32Array {
  const pixels = elements(shape);
  const start = images.slice();
  for (let i = 0; i < size; i++) {
    const source = { seed, stream: streamId(`pgd.start.${round}`), substream: first + i };
    norms[norm].randomPoint(pixels, eps, source).forEach((distance, at) => {
      start[i * pixels + at] = Math.min(1, Math.max(0, start[i * pixels + at] + distance));
    });
  }
  return start;
}
