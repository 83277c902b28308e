import { add, multiply } from '../../../../engine/index.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { distanceSlope, searchNearest } from '../steps/nearestStep.ts';
import { primalDual, primalDualParameters } from '../steps/primalDual.ts';

/**
 * Primal-dual gradient descent (Matyasko and Chau, arXiv 2106.01538; adv-lib's `pdgd`): Adam descends on the weighted sum of the L2
 * distance and of softplus(how far the label is ahead), while the weight of the second rises where the label is ahead and falls where
 * it is not. The nearest misclassified image of all steps is kept.
 */
export const pdgd = defineAttack({
  name: 'pdgd',
  title: 'PDGD',
  about: 'distance against misclassification, whose weight is learnt as well',
  source: 'arXiv 2106.01538',
  asks: 'gradients',
  strength: 'none',
  norms: ['2'],
  parameters: primalDualParameters,
  passes: ({ maxIter }) => maxIter * WITH_GRADIENT,
  method: (classifier, batch, settings) =>
    searchNearest(
      classifier,
      batch,
      primalDual({ name: 'PDGD', norm: '2' }, settings, (misclassification, weights, seen) =>
        add(
          multiply(weights.distance, distanceSlope('2', seen)),
          multiply(weights.misclassification, misclassification),
        ),
      ),
    ),
});
