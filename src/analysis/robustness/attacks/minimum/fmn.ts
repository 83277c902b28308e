import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import {
  abs,
  add,
  cast,
  clamp,
  divide,
  fill,
  floor,
  max,
  maximum,
  minimum,
  multiply,
  type Node,
  offset,
  where,
} from '../../../../engine/index.ts';
import { marginLoss } from '../../losses.ts';
import { type NormName, norms, safeQuotient } from '../../norms.ts';
import { type AttackNorm, defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { farthestIn, type NearestSearch, NOT_FOUND, type Seen, searchNearest } from '../steps/nearestStep.ts';
import { halfCosine } from '../steps/schedules.ts';
import { largestPlaces, projectOnL1 } from '../steps/thresholds.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 100, about: 'steps' }),
  alphaInit: number({ above: 0, default: 1, takes: 'distance', about: 'L2 length of the first step' }),
  alphaDecay: number({
    above: 0,
    to: 1,
    default: 0.01,
    takes: 'share',
    about: 'share of that length that is left at the end',
  }),
  gammaInit: number({
    above: 0,
    below: 1,
    default: 0.05,
    takes: 'share',
    about: 'share by which the radius shrinks after a success and grows otherwise, in the first step',
  }),
  gammaFinal: number({ above: 0, below: 1, default: 0.001, takes: 'share', about: 'the same, in the last step' }),
};

/**
 * Fast minimum-norm attack (Pintor, Roli, Brendel, Biggio, arXiv 2102.12827, algorithm 1; the authors' program and adv-lib's `fmn`): a
 * step along the gradient of the lead of the best other class, then the projection on a ball whose radius is what the linearised
 * border is away until an adversarial image is found; from then on it shrinks after every success and grows otherwise. The nearest
 * misclassified image of all steps is kept. As in the authors' program, in L2 the change is given the radius as its length, also
 * where it is shorter; the paper projects. L0 counts places, whose size is that of their largest channel; the authors count channels.
 */
export const fmn = defineAttack({
  name: 'fmn',
  title: 'FMN',
  about: 'nearest adversarial image, by steps along the gradient on a ball that shrinks and grows',
  source: 'arXiv 2102.12827',
  asks: 'gradients',
  strength: 'none',
  norms: ['2', '0', '1', 'inf'],
  parameters,
  passes: ({ maxIter }) => maxIter * WITH_GRADIENT,
  method: (classifier, batch, settings) => searchNearest(classifier, batch, search(settings)),
});

/** How a norm takes part: in the size of the ball, and in how a change is put on it. */
interface Ball {
  /** Radius of the first ball. */
  readonly first: number;
  radius(seen: Seen): Node;
  project(change: Node, radius: Node): Node;
}

/** The radius in a norm that is not L0. @param dual the norm in which a gradient says how fast the loss can rise */
function radiusIn(
  dual: NormName,
  { loss, gradient, wrong, found, distance, bestDistance, rates, carried }: Seen,
): Node {
  // Far below every slope: a flat loss puts the border out of reach.
  const slope = maximum(norms[dual].length(gradient), fill(loss.shape, 1e-12));
  const border = add(distance, divide(abs(loss), slope));
  const grown = where(found, multiply(carried.radius, rates.grow), border);
  return where(wrong, minimum(multiply(carried.radius, rates.shrink), bestDistance), grown);
}

const BALLS: Readonly<Record<AttackNorm, Ball>> = {
  '0': {
    first: 1,
    radius: ({ wrong, bestDistance, rates, carried: { radius } }) => {
      const fewer = minimum(offset(radius, -1), floor(multiply(radius, rates.shrink)));
      const more = maximum(offset(radius, 1), floor(multiply(radius, rates.grow)));
      return maximum(where(wrong, minimum(fewer, bestDistance), more), fill(radius.shape, 0));
    },
    project: (change, radius) => {
      const kept = largestPlaces(max(abs(change), [1], { keepDims: true }), radius);
      return multiply(change, cast(kept, 'f32'));
    },
  },
  '1': { first: NOT_FOUND, radius: (seen) => radiusIn('inf', seen), project: projectOnL1 },
  '2': {
    first: NOT_FOUND,
    radius: (seen) => radiusIn('2', seen),
    project: (change, radius) => multiply(change, safeQuotient(radius, norms['2'].length(change))),
  },
  inf: {
    first: NOT_FOUND,
    radius: (seen) => radiusIn('1', seen),
    project: (change, radius) => norms.inf.project(change, fill(change.shape, 0), radius),
  },
};

function search({
  norm,
  maxIter,
  alphaInit,
  alphaDecay,
  gammaInit,
  gammaFinal,
}: ValuesOf<typeof parameters> & { readonly norm: AttackNorm }): NearestSearch {
  const ball = BALLS[norm];
  return {
    name: 'FMN',
    norm,
    steps: maxIter,
    loss: marginLoss,
    carried: { radius: { of: 'image', from: ball.first } },
    rates: (step) => {
      const gamma = halfCosine(gammaInit, gammaFinal, step / maxIter);
      return { stepSize: alphaInit * halfCosine(1, alphaDecay, step / maxIter), shrink: 1 - gamma, grow: 1 + gamma };
    },
    move: (seen) => {
      const { original, change, gradient, rates } = seen;
      const radius = minimum(ball.radius(seen), farthestIn(norm, original));
      const stepped = add(change, multiply(norms['2'].direction(gradient), rates.stepSize));
      return { x: clamp(add(original, ball.project(stepped, radius)), 0, 1), carried: { radius } };
    },
  };
}
