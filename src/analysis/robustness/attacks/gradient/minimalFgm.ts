import { InputError } from '../../../../base/errors.ts';
import { norms } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { lineSearch, multiplesOf } from '../steps/lineSearch.ts';

/**
 * Fast gradient method of minimal length (ART's FastGradientMethod with `minimal`): tries the lengths `epsStep`, 2 · `epsStep`, … up to
 * `eps` along the gradient at the original, and stops at the first that the model misclassifies.
 */
export const minimalFgm = defineAttack({
  name: 'fgm-minimal',
  title: 'FGM, minimal',
  about: 'ever longer steps along one gradient',
  source: 'arXiv 1412.6572',
  asks: 'gradients',
  strength: 'eps',
  norms: ['inf', '1', '2'],
  stepped: true,
  parameters: {},
  check: ({ eps, epsStep }) => {
    if (!(epsStep > 0 && epsStep <= eps))
      throw new InputError(`fgm-minimal: eps_step is ${epsStep}; it must be above 0 and at most eps, ${eps}`);
  },
  passes: ({ eps, epsStep }) => WITH_GRADIENT + multiplesOf(epsStep, eps),
  method: (classifier, batch, { norm, epsStep }) => lineSearch(classifier, batch, { norm: norms[norm], epsStep }),
});
