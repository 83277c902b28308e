import { InputError } from '../../../base/errors.ts';
import { choice, integer, number } from '../../../base/parameter.ts';
import {
  add,
  clamp,
  defineOp,
  divide,
  fill,
  less,
  maximum,
  multiply,
  type Node,
  offset,
  pad,
  relu,
  scale,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  where,
} from '../../../engine/index.ts';
import { defineDefence } from './defineDefence.ts';

interface Objective {
  /** 1: each difference between neighbours by itself; 2: each pair of rows and of columns together. */
  readonly norm: 1 | 2;
  /** Weight of the total variance. */
  readonly lamb: number;
  /** Steps of the method. */
  readonly maxIter: number;
}

/** Rows and columns of an image [N, C, H, W]. */
const AXES = [2, 3];

/** Largest singular value of the differences between neighbours in two directions, squared. */
const DIFFERENCES = 8;

/**
 * Ratio of the steps of image and of differences. Their product is bounded; 3 needed fewest steps on digits, of 0.3, 1, 3 and 10,
 * for weights from 0.03 to 0.5.
 */
const RATIO = 3;
const IMAGE_STEP = RATIO / Math.sqrt(DIFFERENCES);
const DIFFERENCE_STEP = 1 / (RATIO * Math.sqrt(DIFFERENCES));

/** No division by less. */
const SMALLEST = 1e-12;

const smoothed = defineOp<{ norm: 1 | 2; lamb: number; maxIter: number }>({
  name: 'totalVarianceMinimisation',
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  derivative: ({ gradient }) => [gradient, null],
  decompose: ([x, kept], { norm, lamb, maxIter }) => {
    let image = x;
    let ahead = x;
    let duals = AXES.map((axis) => scale(differences(x, axis), 0));
    for (let step = 0; step < maxIter; step++) {
      duals = duals.map((dual, i) => {
        const moved = add(dual, scale(differences(ahead, AXES[i]), DIFFERENCE_STEP));
        return norm === 1 ? clamp(moved, -lamb, lamb) : withinBall(moved, AXES[i], lamb);
      });
      const [down, right] = duals.map((dual, i) => spread(dual, AXES[i]));
      const moved = subtract(image, scale(add(down, right), IMAGE_STEP));
      const next = add(x, nearer(subtract(moved, x), kept));
      ahead = subtract(scale(next, 2), image);
      image = next;
    }
    return image;
  },
});

/** Each place's successor along an axis, less itself. */
function differences(x: Node, axis: number): Node {
  const length = x.shape[axis];
  const part = (from: number, to: number) =>
    slice(
      x,
      x.shape.map((_, i) => (i === axis ? from : 0)),
      x.shape.with(axis, to),
    );
  return subtract(part(1, length), part(0, length - 1));
}

/** The transpose of `differences`. */
function spread(dual: Node, axis: number): Node {
  const none = dual.shape.map(() => 0);
  const one = none.with(axis, 1);
  return subtract(pad(dual, one, none), pad(dual, none, one));
}

/** Differences between two rows (axis 2) or two columns (axis 3) shortened to a length. */
function withinBall(dual: Node, axis: number, radius: number): Node {
  const lengths = sqrt(sum(square(dual), [axis === 2 ? 3 : 2], { keepDims: true }));
  return divide(dual, maximum(scale(lengths, 1 / radius), fill(lengths.shape, 1)));
}

/** The step that the distance on the kept pixels asks for: the vector of their changes is shortened by the step's length. */
function nearer(change: Node, kept: Node): Node {
  const none = fill(change.shape, 0);
  const length = sqrt(sum(square(where(kept, change, none)), AXES, { keepDims: true }));
  const share = relu(offset(divide(fill(length.shape, -IMAGE_STEP), maximum(length, fill(length.shape, SMALLEST))), 1));
  return where(kept, multiply(change, share), change);
}

/**
 * The image z that makes ‖kept ∘ (z − x)‖₂ + lamb · TV(z) small, channel by channel: x [N, C, H, W], kept the same, bool. TV is
 * the sum over neighbouring rows and columns of the norm of their difference (Guo et al., arXiv 1711.00117, equation 3; ART's
 * loss). Found by the first-order primal-dual method (Chambolle and Pock 2011, doi 10.1007/s10851-010-0251-1, algorithm 1), from
 * x on. Its derivative is that of the identity.
 */
export const minimiseTotalVariance = (x: Node, kept: Node, { norm, lamb, maxIter }: Objective): Node =>
  smoothed([x, kept], { norm, lamb, maxIter });

/**
 * Total variance minimisation at prediction (Guo, Rana, Cissé, van der Maaten, arXiv 1711.00117; ART's TotalVarMin): random
 * pixels are dropped, and the smoothest image is taken that keeps the others. The model is trained without it. ART runs ten steps
 * of L-BFGS, whose line search often ends at once, as the objective has no slope at the image itself.
 */
export const totalVarianceMinimisation = defineDefence({
  name: 'total-variance-minimisation',
  title: 'Total variance minimisation',
  about: 'keeps some pixels, and draws the others from those around them',
  source: 'arXiv 1711.00117',
  acts: 'prediction',
  differentiable: false,
  random: true,
  parameters: {
    prob: number({ above: 0, to: 1, default: 0.3, axis: true, about: 'probability that a pixel is kept' }),
    norm: choice({
      choices: [1, 2],
      default: 2,
      about: 'norm of the differences between neighbouring rows and columns',
    }),
    lamb: number({ above: 0, default: 0.03, axis: true, about: 'weight of the total variance' }),
    maxIter: integer({ from: 1, default: 30, about: 'steps of the minimisation' }),
  },
  positional: ['prob', 'lamb'],
  create: ({ prob, ...objective }) => ({
    preprocess: (x, draws) => {
      if (Math.min(x.shape[2], x.shape[3]) < 2)
        throw new InputError('total-variance-minimisation: images must be at least 2 pixels high and wide');
      const kept = less(draws.uniform(x.shape), fill(x.shape, prob));
      return clamp(minimiseTotalVariance(x, kept, objective), 0, 1);
    },
  }),
});
