import { integer } from '../../../../base/parameter.ts';
import { streamId } from '../../../../base/philox.ts';
import { elements } from '../../../../engine/index.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import { type NormName, norms } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Batch } from '../run/batch.ts';
import { ascent } from '../steps/gradientStep.ts';

/**
 * Projected gradient descent (Madry et al., arXiv 1706.06083; ART's ProjectedGradientDescent): `maxIter` steps of length `epsStep`
 * along the gradient of the cross-entropy, each projected on the ball of radius `eps` and clipped to [0, 1]. A sample stops at
 * the first step that the model misclassifies. With 0 random starts it begins at the original, otherwise at so many random points of the
 * ball, each for those samples that withstood the ones before.
 */
export const pgd = defineAttack({
  name: 'pgd',
  title: 'PGD',
  about: 'steps along the gradient from random points, projected on the ball',
  source: 'arXiv 1706.06083',
  asks: 'gradients',
  strength: 'eps',
  norms: ['inf', '1', '2'],
  stepped: true,
  parameters: {
    maxIter: integer({ from: 1, default: 10, about: 'steps' }),
    numRandomInit: integer({ from: 0, default: 1, about: 'random starts; with 0 the original is where it begins' }),
  },
  // A study's PGD has no random number, and its trials keep the identity that they always had.
  studyDefaults: { numRandomInit: 0 },
  passes: ({ maxIter, numRandomInit }) => maxIter * WITH_GRADIENT * Math.max(1, numRandomInit),
  method: (classifier, batch, { norm, epsStep, maxIter, numRandomInit, seed }) =>
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
});

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
