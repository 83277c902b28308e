import { InputError } from '../../../base/errors.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { type NormName, norms } from '../norms.ts';
import { type AttackOptions, type AttackOutcome, attackSamples, checkCount, checkDistance } from './run/attack.ts';
import type { Samples } from './run/batch.ts';
import { sealed } from './run/method.ts';
import { ascent } from './steps/gradientStep.ts';

export interface MifgsmOptions extends AttackOptions {
  readonly norm: NormName;
  /** Largest distance from the original, in units of the pixel range [0, 1]. */
  readonly eps: number;
  readonly epsStep: number;
  readonly maxIter: number;
  /** Share of the velocity that is kept from step to step, 1 in the paper. */
  readonly decay: number;
}

/**
 * Momentum iterative fast gradient method (Dong et al., arXiv 1710.06081, algorithm 1): the gradient, scaled to mean magnitude 1,
 * is added to a velocity, and the step follows that. ART's MomentumIterativeMethod adds each velocity to the sum of all before,
 * so its oldest gradients grow without bound; this follows the paper.
 * @throws InputError on an option or a pixel out of range
 */
export async function mifgsm(classifier: Classifier, samples: Samples, options: MifgsmOptions): Promise<AttackOutcome> {
  const { norm, eps, epsStep, maxIter, decay } = options;
  checkDistance('mifgsm', 'eps', eps, norm);
  checkDistance('mifgsm', 'eps_step', epsStep, norm);
  checkCount('mifgsm', 'max_iter', maxIter, 1);
  if (!(decay >= 0 && decay <= 1)) throw new InputError(`mifgsm: decay is ${decay}; it must be from 0 to 1`);
  return attackSamples(
    classifier,
    samples,
    options,
    (batch) =>
      sealed(
        ascent(classifier, batch, {
          norm: norms[norm],
          stepSize: () => epsStep,
          stepsPerStart: maxIter,
          starts: 1,
          start: ({ images }) => images,
          decay,
        }),
      ),
    eps,
  );
}
