import { integer, number, yesOrNo } from '../../../../base/parameter.ts';
import { add, clamp, minimum, multiply, round, scale, where } from '../../../../engine/index.ts';
import { crossEntropy } from '../../losses.ts';
import { norms, safeQuotient } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { farthestIn, searchNearest } from '../steps/nearestStep.ts';
import { halfCosine } from '../steps/schedules.ts';

/**
 * Decoupled direction and norm (Rony et al., arXiv 1811.09600, algorithm 1; Foolbox's DDNAttack): a step along the
 * gradient of the cross-entropy chooses the direction of the change, and its norm is set apart: smaller while the image
 * is misclassified, larger while it is not. The nearest misclassified image of all steps is kept. As with the authors,
 * the original is looked at first, and where the last step leads is not; where they draw a direction at random, at a
 * gradient of zero, the change keeps its own.
 */
export const ddn = defineAttack({
  name: 'ddn',
  title: 'DDN',
  about: 'nearest adversarial image, by steps along the gradient whose distance is set apart',
  source: 'arXiv 1811.09600',
  asks: 'gradients',
  strength: 'none',
  norms: ['2'],
  parameters: {
    maxIter: integer({ from: 1, default: 100, about: 'steps' }),
    initEpsilon: number({ above: 0, default: 1, takes: 'distance', about: 'first norm of the change' }),
    gamma: number({
      above: 0,
      below: 1,
      default: 0.05,
      takes: 'share',
      about: 'share by which the norm of the change shrinks after a success and grows otherwise',
    }),
    quantise: yesOrNo({ default: true, about: 'every step ends at an image of 256 grey levels' }),
  },
  passes: ({ maxIter }) => maxIter * WITH_GRADIENT,
  method: (classifier, batch, { maxIter, initEpsilon, gamma, quantise }) =>
    searchNearest(classifier, batch, {
      name: quantise ? 'quantised DDN' : 'DDN',
      norm: '2',
      steps: maxIter,
      loss: crossEntropy,
      carried: { norm: { of: 'image', from: initEpsilon } },
      rates: (step) => ({ stepSize: halfCosine(1, SHORTEST_STEP, step / maxIter), shrink: 1 - gamma, grow: 1 + gamma }),
      move: ({ original, change, gradient, wrong, rates, carried }) => {
        const wished = multiply(carried.norm, where(wrong, rates.shrink, rates.grow));
        const norm = minimum(wished, farthestIn('2', original));
        const stepped = add(change, multiply(norms['2'].direction(gradient), rates.stepSize));
        const moved = add(original, multiply(stepped, safeQuotient(norm, norms['2'].length(stepped))));
        const x = clamp(moved, 0, 1);
        return { x: quantise ? scale(round(scale(x, LEVELS - 1)), 1 / (LEVELS - 1)) : x, carried: { norm } };
      },
    }),
});

/** Steps fall from 1 to this length by half a cosine (the authors' values). */
const SHORTEST_STEP = 0.01;

const LEVELS = 256;
