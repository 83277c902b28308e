import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import {
  abs,
  add,
  clamp,
  divide,
  elements,
  fill,
  less,
  maximum,
  multiply,
  negate,
  scale,
  square,
  subtract,
  where,
} from '../../../../engine/index.ts';
import { marginLoss } from '../../losses.ts';
import { norms } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { adamCarried, adamDirection, adamRates } from '../steps/adamMoments.ts';
import { type NearestSearch, searchNearest } from '../steps/nearestStep.ts';
import { halfCosine } from '../steps/schedules.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 100, about: 'steps' }),
  learningRate: number({
    above: 0,
    default: 1,
    takes: 'rate',
    about: 'first step size of its Adam; it falls to a tenth',
  }),
  sigma: number({
    above: 0,
    default: 0.001,
    takes: 'number',
    about: 'how smoothly changed pixels are counted: a change of its root counts as a half',
  }),
  tauInit: number({
    from: 0,
    to: 1,
    default: 0.3,
    takes: 'distance',
    about: 'changes below this are undone, at first',
  }),
  tauFactor: number({
    above: 0,
    default: 0.01,
    takes: 'share',
    about: 'share of the step size by which that threshold rises after a success and falls otherwise',
  }),
};

/**
 * σ-zero (Cinà et al., arXiv 2402.01879, algorithm 1; the authors' program and adv-lib's `sigma_zero`): Adam descends on how far the
 * label is ahead plus a smooth count of changed values, by gradients whose largest element is 1; after every step changes below a
 * threshold are undone, which rises while the image is misclassified and falls while it is not. The misclassified image of all
 * steps with the fewest changed places is kept. Values of channels are counted one by one where the search descends.
 */
export const sigmaZero = defineAttack({
  name: 'sigma-zero',
  title: 'σ-zero',
  about: 'fewest changed pixels, by Adam on a smooth count of them',
  source: 'arXiv 2402.01879',
  asks: 'gradients',
  strength: 'none',
  norms: ['0'],
  parameters,
  passes: ({ maxIter }) => maxIter * WITH_GRADIENT,
  method: (classifier, batch, settings) =>
    searchNearest(classifier, batch, search(settings, elements(classifier.shape))),
});

/** Share of the first step size that the last ones have (the authors' value). */
const LEAST_SHARE = 0.1;

function search(
  { maxIter, learningRate, sigma, tauInit, tauFactor }: ValuesOf<typeof parameters>,
  values: number,
): NearestSearch {
  const stepSize = (step: number) => learningRate * halfCosine(1, LEAST_SHARE, Math.max(0, step) / maxIter);
  return {
    name: 'sigma-zero',
    norm: '0',
    steps: maxIter,
    loss: marginLoss,
    carried: { ...adamCarried, threshold: { of: 'image', from: tauInit } },
    // The authors' step uses the size that the step before set, their threshold the one that this step sets.
    rates: (step) => ({
      ...adamRates(step),
      sigma,
      stepSize: stepSize(step - 1),
      thresholdStep: tauFactor * stepSize(step),
    }),
    move: ({ original, change, loss, gradient, wrong, rates, carried }) => {
      const squares = square(change);
      const halfway = add(squares, rates.sigma);
      const countSlope = scale(divide(multiply(change, rates.sigma), square(halfway)), 2 / values);
      // The loss is how far another class is ahead: below 0, the label is.
      const pull = where(less(loss, fill(loss.shape, 0)), negate(gradient), fill(gradient.shape, 0));
      const slope = add(pull, countSlope);
      const scaled = divide(slope, maximum(norms.inf.length(slope), fill(loss.shape, 1e-12)));
      const adam = adamDirection(scaled, carried, rates);
      const moved = clamp(subtract(add(original, change), multiply(adam.direction, rates.stepSize)), 0, 1);
      const rise = where(wrong, rates.thresholdStep, negate(rates.thresholdStep));
      const threshold = clamp(add(carried.threshold, rise), 0, 1);
      const isSmall = less(abs(subtract(moved, original)), threshold);
      return { x: where(isSmall, original, moved), carried: { ...adam.carried, threshold } };
    },
  };
}
