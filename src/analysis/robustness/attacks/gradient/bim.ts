import { integer } from '../../../../base/parameter.ts';
import { norms } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { ascent } from '../steps/gradientStep.ts';

/** Basic iterative method (Kurakin, Goodfellow, Bengio, arXiv 1607.02533; ART's BasicIterativeMethod): PGD in L∞ from the original. */
export const bim = defineAttack({
  name: 'bim',
  title: 'BIM',
  about: 'steps along the gradient from the original, projected on the ball',
  source: 'arXiv 1607.02533',
  asks: 'gradients',
  strength: 'eps',
  norms: ['inf'],
  stepped: true,
  parameters: { maxIter: integer({ from: 1, default: 10, about: 'steps' }) },
  passes: ({ maxIter }) => maxIter * WITH_GRADIENT,
  method: (classifier, batch, { epsStep, maxIter }) =>
    ascent(classifier, batch, {
      norm: norms.inf,
      stepSize: epsStep,
      stepsPerStart: maxIter,
      starts: 1,
      start: ({ images }) => images,
    }),
});
