import { integer, number } from '../../../../base/parameter.ts';
import { norms } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { ascent } from '../steps/gradientStep.ts';

/**
 * Momentum iterative fast gradient method (Dong et al., arXiv 1710.06081, algorithm 1): the gradient, scaled to mean magnitude 1,
 * is added to a velocity, and the step follows that. ART's MomentumIterativeMethod adds each velocity to the sum of all before,
 * so its oldest gradients grow without bound; this follows the paper.
 */
export const mifgsm = defineAttack({
  name: 'mifgsm',
  title: 'MI-FGSM',
  about: 'steps along the gradient with momentum',
  source: 'arXiv 1710.06081',
  asks: 'gradients',
  strength: 'eps',
  norms: ['inf', '1', '2'],
  stepped: true,
  parameters: {
    maxIter: integer({ from: 1, default: 10, about: 'steps' }),
    decay: number({
      from: 0,
      to: 1,
      default: 1,
      takes: 'share',
      about: 'share of the velocity that is kept from step to step',
    }),
  },
  passes: ({ maxIter }) => maxIter * WITH_GRADIENT,
  method: (classifier, batch, { norm, epsStep, maxIter, decay }) =>
    ascent(classifier, batch, {
      norm: norms[norm],
      stepSize: epsStep,
      stepsPerStart: maxIter,
      starts: 1,
      start: ({ images }) => images,
      decay,
    }),
});
