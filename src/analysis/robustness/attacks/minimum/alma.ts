import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import {
  add,
  clamp,
  divide,
  exp,
  fill,
  greater,
  greaterEqual,
  less,
  logicalOr,
  maximum,
  minimum,
  multiply,
  type Node,
  negate,
  offset,
  scale,
  sqrt,
  square,
  subtract,
  where,
} from '../../../../engine/index.ts';
import { marginLoss, spreadOfLogits } from '../../losses.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { distanceSlope, type NearestSearch, searchNearest } from '../steps/nearestStep.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 100, about: 'steps' }),
  learningRate: number({
    above: 0,
    default: 0.1,
    takes: 'rate',
    about: 'learning rate until an adversarial image is found',
  }),
  learningRateDecay: number({
    above: 0,
    to: 1,
    default: 0.01,
    takes: 'share',
    about: 'share of that rate that is left at the end',
  }),
  momentum: number({
    from: 0,
    below: 1,
    default: 0.9,
    takes: 'share',
    about: 'share of the means of squared gradients, of velocity and of the multiplier that is kept in a step',
  }),
  multiplierInit: number({ above: 0, default: 1, takes: 'weight', about: 'first multiplier of misclassification' }),
  penaltyInit: number({ above: 0, default: 1, takes: 'weight', about: 'first weight of the penalty' }),
  penaltyGrowth: number({
    above: 1,
    default: 1.2,
    takes: 'factor',
    about: 'factor of that weight where a check sees no progress',
  }),
  progress: number({
    above: 0,
    below: 1,
    default: 0.95,
    takes: 'share',
    about: "share to which the label's lead must have fallen since the last check",
  }),
  checkSteps: integer({ from: 1, default: 10, about: 'steps between checks' }),
};

/**
 * Augmented Lagrangian method for adversarial attacks (Rony, Granger, Pedersoli, Ben Ayed, arXiv 2011.11857, algorithm 1; adv-lib's
 * `alma`): RMSProp with momentum descends on the distance plus a penalty on the difference of logits ratio, whose multiplier follows the
 * penalty's slope and whose weight grows while there is no progress; the learning rate falls from the first success on. The nearest
 * misclassified image of all steps is kept. adv-lib's default, without the authors' search for the first learning rate.
 */
export const alma = defineAttack({
  name: 'alma',
  title: 'ALMA',
  about: 'distance with a penalty on right classification, by an augmented Lagrangian',
  source: 'arXiv 2011.11857',
  asks: 'gradients',
  strength: 'none',
  norms: ['2', '1'],
  parameters,
  passes: ({ maxIter }) => maxIter * WITH_GRADIENT,
  method: (classifier, batch, settings) => searchNearest(classifier, batch, search(settings)),
});

/** Added to the label's lead, so that the search ends beyond the border and not on it (the authors' value). */
const LOGIT_TOLERANCE = 1e-4;

/** By how much the difference of logits ratio (arXiv 2003.01690, equation 6) is above the border's, at least 0 with the tolerance. */
const ratioLoss = (logits: Node, labels: Node): Node =>
  divide(offset(negate(marginLoss(logits, labels)), LOGIT_TOLERANCE), spreadOfLogits(logits));

/** Slope of the penalty P2 (arXiv 2011.11857, table 1; Birgin, Castillo, Martínez 2005) by y: above 0 a parabola, below a hyperbola. */
function penaltySlope(y: Node, weight: Node, multiplier: Node): Node {
  const zero = fill(y.shape, 0);
  const product = multiply(weight, y);
  const above = add(multiply(multiplier, offset(scale(product, 2), 1)), scale(square(product), 0.5));
  const below = divide(multiplier, square(offset(negate(minimum(product, zero)), 1)));
  return where(greaterEqual(y, zero), above, below);
}

function search({
  norm,
  maxIter,
  learningRate,
  learningRateDecay,
  momentum,
  multiplierInit,
  penaltyInit,
  penaltyGrowth,
  progress,
  checkSteps,
}: ValuesOf<typeof parameters> & { readonly norm: '1' | '2' }): NearestSearch {
  return {
    name: 'ALMA',
    norm,
    steps: maxIter,
    loss: ratioLoss,
    carried: {
      squares: { of: 'pixel', from: 1 },
      velocity: { of: 'pixel', from: 0 },
      multiplier: { of: 'image', from: multiplierInit },
      weight: { of: 'image', from: penaltyInit },
      checkedLoss: { of: 'image', from: 0 },
      /** Step of the first success, from 0; after the last where there is none. */
      foundAt: { of: 'image', from: maxIter + 1 },
    },
    rates: (step) => ({
      learningRate,
      kept: momentum,
      isFirst: Number(step === 0),
      isCheck: Number(step > 0 && (step + 1) % checkSteps === 0),
      penaltyGrowth,
      progress,
      step,
      steps: maxIter,
      logarithm: Math.log(learningRateDecay),
    }),
    move: (seen) => {
      const { original, change, loss, gradient, found, rates, carried } = seen;
      const half = fill([], 0.5);
      const isFirst = greater(rates.isFirst, half);
      const isCheck = greater(rates.isCheck, half);
      const wasFound = less(carried.foundAt, rates.step);
      const hasProgress = logicalOr(wasFound, less(loss, multiply(carried.checkedLoss, rates.progress)));
      const grown = where(hasProgress, carried.weight, multiply(carried.weight, rates.penaltyGrowth));
      const weight = where(isCheck, grown, carried.weight);
      const rest = subtract(fill([], 1), rates.kept);
      const slopeNow = penaltySlope(loss, weight, carried.multiplier);
      const mixed = add(multiply(carried.multiplier, rates.kept), multiply(slopeNow, rest));
      const multiplier = where(isFirst, carried.multiplier, clamp(mixed, 1e-6, 1e12));
      const penalty = multiply(gradient, penaltySlope(loss, weight, multiplier));
      const slope = where(isFirst, penalty, add(penalty, distanceSlope(norm, seen)));
      const squares = add(multiply(carried.squares, rates.kept), multiply(square(slope), rest));
      const velocity = add(multiply(carried.velocity, rates.kept), divide(slope, offset(sqrt(squares), 1e-8)));
      const foundAt = where(found, minimum(carried.foundAt, rates.step), carried.foundAt);
      const sinceFound = maximum(subtract(rates.step, foundAt), fill(loss.shape, 0));
      const exponent = multiply(divide(sinceFound, subtract(rates.steps, foundAt)), rates.logarithm);
      const stepSize = multiply(exp(exponent), rates.learningRate);
      const moved = clamp(subtract(add(original, change), multiply(velocity, stepSize)), 0, 1);
      return {
        x: moved,
        carried: {
          squares,
          velocity,
          multiplier,
          weight,
          checkedLoss: where(logicalOr(isFirst, isCheck), loss, carried.checkedLoss),
          foundAt,
        },
      };
    },
  };
}
