import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import {
  add,
  clamp,
  fill,
  multiply,
  type Node,
  negate,
  offset,
  sigmoid,
  sign,
  subtract,
} from '../../../../engine/index.ts';
import { marginLoss } from '../../losses.ts';
import { adamCarried, adamDirection, adamRates } from './adamMoments.ts';
import type { NearestSearch, Seen } from './nearestStep.ts';

/* What PDGD and PDPGD (Matyasko and Chau, arXiv 2106.01538) have in common: Adam on the image, and gradient ascent on the weight of
 * misclassification against distance. */

/** The parameters of both, with adv-lib's defaults. */
export const primalDualParameters = {
  maxIter: integer({ from: 1, default: 100, about: 'steps' }),
  learningRate: number({
    above: 0,
    default: 0.1,
    takes: 'rate',
    about: 'first learning rate of its Adam on the image',
  }),
  learningRateDecay: number({
    above: 0,
    to: 1,
    default: 0.01,
    takes: 'share',
    about: 'share of that rate that is left at the end',
  }),
  initRatio: number({
    above: 0,
    default: 0.01,
    takes: 'weight',
    about: 'first weight of distance against misclassification',
  }),
  dualRate: number({
    above: 0,
    default: 0.1,
    takes: 'rate',
    about: 'first learning rate of the logarithm of that weight',
  }),
  dualRateDecay: number({
    above: 0,
    to: 1,
    default: 0.1,
    takes: 'share',
    about: 'share of that rate that is left at the end',
  }),
  dualMemory: number({
    from: 0,
    below: 1,
    default: 0.9,
    takes: 'share',
    about: 'share of the mean weight that is kept in a step',
  }),
};

type PrimalDualSettings = ValuesOf<typeof primalDualParameters>;

/** The weight's ratio stays between 1e-6 and 1e6 (the authors' bounds). */
const LARGEST_LOGARITHM = -Math.log(1e-6);

/** What Adam makes of an image's gradient, and the weights of its step, one number an image. */
export interface Primal {
  /** The image after Adam's step, clipped to [0, 1], less the original. */
  readonly change: Node;
  /** Root of the mean squared gradient of every pixel. */
  readonly spread: Node;
}

/** The weights of distance and of misclassification, which add up to 1. */
export interface Weights {
  readonly distance: Node;
  readonly misclassification: Node;
}

/**
 * The search that both attacks are.
 * @param slope what Adam descends on, where `misclassification` is the slope of softplus(label's lead)
 * @param settle the change [N, C, H, W] that a step ends at, from what Adam gives
 */
export function primalDual(
  description: Pick<NearestSearch, 'name' | 'norm'>,
  settings: PrimalDualSettings,
  slope: (misclassification: Node, weights: Weights, seen: Seen) => Node,
  settle: (primal: Primal, weights: Weights, seen: Seen) => Node = ({ change }) => change,
): NearestSearch {
  const { maxIter, learningRate, learningRateDecay, initRatio, dualRate, dualRateDecay, dualMemory } = settings;
  const logarithm = -Math.log(initRatio);
  return {
    ...description,
    steps: maxIter,
    loss: marginLoss,
    carried: {
      ...adamCarried,
      logarithm: { of: 'image', from: logarithm },
      distanceWeight: { of: 'image', from: 1 / (1 + Math.exp(logarithm)) },
    },
    rates: (step) => ({
      ...adamRates(step),
      stepSize: learningRate * learningRateDecay ** (step / maxIter),
      dualStep: dualRate * (1 - (step / Math.max(1, maxIter - 1)) * (1 - dualRateDecay)),
      kept: dualMemory,
    }),
    move: (seen) => {
      const { original, change, loss, gradient, rates, carried } = seen;
      const weights = {
        distance: carried.distanceWeight,
        misclassification: offset(negate(carried.distanceWeight), 1),
      };
      // The loss is the other class's lead, the label's is its negative.
      const misclassification = multiply(negate(gradient), sigmoid(negate(loss)));
      const adam = adamDirection(slope(misclassification, weights, seen), carried, rates);
      const moved = clamp(subtract(add(original, change), multiply(adam.direction, rates.stepSize)), 0, 1);
      const primal = { change: subtract(moved, original), spread: adam.spread };
      const ascended = subtract(carried.logarithm, multiply(sign(loss), rates.dualStep));
      const next = clamp(ascended, -LARGEST_LOGARITHM, LARGEST_LOGARITHM);
      const latest = multiply(sigmoid(negate(next)), subtract(fill([], 1), rates.kept));
      return {
        x: clamp(add(original, settle(primal, weights, seen)), 0, 1),
        carried: {
          ...adam.carried,
          logarithm: next,
          distanceWeight: add(multiply(carried.distanceWeight, rates.kept), latest),
        },
      };
    },
  };
}
