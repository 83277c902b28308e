import { norms } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { ascent } from '../steps/gradientStep.ts';

/**
 * Fast gradient method (Goodfellow, Shlens, Szegedy, arXiv 1412.6572; ART's FastGradientMethod): one step of length `eps` along the
 * gradient of the cross-entropy, clipped to [0, 1].
 */
export const fgm = defineAttack({
  name: 'fgm',
  title: 'FGM',
  about: 'one step along the gradient',
  source: 'arXiv 1412.6572',
  asks: 'gradients',
  strength: 'eps',
  norms: ['inf', '1', '2'],
  parameters: {},
  passes: () => WITH_GRADIENT,
  method: (classifier, batch, { norm, eps }) =>
    ascent(classifier, batch, {
      norm: norms[norm],
      stepSize: eps,
      stepsPerStart: 1,
      starts: 1,
      start: ({ images }) => images,
    }),
});
