import { ShapeError } from '../../errors.ts';
import type { Node } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import { reshape } from '../shape/shape.ts';
import { zeros } from './define.ts';
import { abs, add, clamp, divide, greater, multiply, offset, scale, where } from './elementwise.ts';
import { erf, expm1, sigmoid, softplus, tanh } from './special.ts';

/**
 * Activation functions with PyTorch's names, parameters and defaults, made of elementwise ops that run as one kernel. Where a branch is not
 * taken, what it would compute is kept finite, so that slopes are finite as well.
 */

const positive = (x: Node): Node => greater(x, zeros(x));

/** x where it is positive, else slope · x. */
export const leakyRelu = (x: Node, { negativeSlope = 0.01 }: { readonly negativeSlope?: number } = {}): Node =>
  where(positive(x), x, scale(x, negativeSlope));

/**
 * x where it is positive, else weight · x.
 * @param weight one number, or one for each channel of x [N, C, …]
 * @throws ShapeError
 */
export function prelu(x: Node, weight: Node): Node {
  const channels = x.shape[1] ?? 1;
  if (weight.size !== 1 && (weight.shape.length !== 1 || weight.size !== channels))
    throw new ShapeError(`prelu: the weight of ${describe(x)} has 1 or ${channels} numbers, not ${describe(weight)}`);
  const shape = weight.size === 1 ? [] : x.shape.slice(1).map((_, axis) => (axis === 0 ? channels : 1));
  return where(positive(x), x, multiply(x, reshape(weight, shape)));
}

/** x limited to [0, 6]. */
export const relu6 = (x: Node): Node => clamp(x, 0, 6);

/** scale · (x where it is positive, else alpha · (e^(x / width) - 1)). */
function exponentialUnit(x: Node, alpha: number, width = 1): Node {
  const above = positive(x);
  const below = where(above, zeros(x), x);
  return where(above, x, scale(expm1(width === 1 ? below : scale(below, 1 / width)), alpha));
}

/** x where it is positive, else alpha · (e^x - 1). */
export const elu = (x: Node, { alpha = 1 }: { readonly alpha?: number } = {}): Node => exponentialUnit(x, alpha);

/** x where it is positive, else alpha · (e^(x / alpha) - 1). */
export const celu = (x: Node, { alpha = 1 }: { readonly alpha?: number } = {}): Node =>
  exponentialUnit(x, alpha, alpha);

/** Constants of Klambauer and others 2017, "Self-normalizing neural networks". */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** `elu` scaled so that mean 0 and variance 1 stay. */
export const selu = (x: Node): Node => scale(exponentialUnit(x, SELU_ALPHA), SELU_SCALE);

/** x · sigmoid(x), also called swish. */
export const silu = (x: Node): Node => multiply(x, sigmoid(x));

/** x · tanh(softplus(x)). */
export const mish = (x: Node): Node => multiply(x, tanh(softplus(x)));

/** x / (1 + |x|) */
export const softsign = (x: Node): Node => divide(x, offset(abs(x), 1));

/** (x + 3) / 6 limited to [0, 1]. */
export const hardSigmoid = (x: Node): Node => scale(clamp(offset(x, 3), 0, 6), 1 / 6);

/** x · hardSigmoid(x) */
export const hardSwish = (x: Node): Node => multiply(x, hardSigmoid(x));

/** Beyond it the tangent of `gelu` is 1 in every format, and cubes would overflow. */
const LARGEST_GELU = 10;

/**
 * x · Φ(x), Φ the distribution function of the standard normal.
 * @param approximate 'tanh': by Hendrycks and Gimpel's formula (arXiv 1606.08415) in place of the error function
 */
export function gelu(x: Node, { approximate = 'none' }: { readonly approximate?: 'none' | 'tanh' } = {}): Node {
  if (approximate === 'none') return multiply(scale(x, 0.5), offset(erf(scale(x, Math.SQRT1_2)), 1));
  const limited = clamp(x, -LARGEST_GELU, LARGEST_GELU);
  const cube = multiply(multiply(limited, limited), limited);
  const inner = scale(add(limited, scale(cube, 0.044715)), Math.sqrt(2 / Math.PI));
  return multiply(scale(x, 0.5), offset(tanh(inner), 1));
}
