import { ShapeError } from '../../errors.ts';
import { isSmall } from '../../graph/dtype.ts';
import type { Node } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import { convert } from '../elementwise/convert.ts';
import { divide, exp, log, multiply, offset, scale, sqrt, square } from '../elementwise/elementwise.ts';
import { reshape } from '../shape/shape.ts';
import { averagePool2d } from './averagePool2d.ts';

/** Names and defaults of PyTorch's; ONNX calls k the bias. */
export interface LocalResponseNormOptions {
  /** Channels of a window. */
  readonly size: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly k?: number;
}

/**
 * Local response normalisation across channels (Krizhevsky, Sutskever and Hinton 2012): x [N, C, H, W], divided by
 * (k + alpha · mean of the squares of `size` channels)^beta. A window of an even size has one channel more behind than before, as in
 * ONNX; channels that do not exist are zeros. Small formats are computed in f32.
 * @throws ShapeError
 */
export function localResponseNorm(x: Node, { size, alpha = 1e-4, beta = 0.75, k = 1 }: LocalResponseNormOptions): Node {
  if (x.shape.length !== 4) throw new ShapeError(`localResponseNorm takes [N, C, H, W], not ${describe(x)}`);
  const [images, channels, height, width] = x.shape;
  if (!Number.isInteger(size) || size < 1)
    throw new ShapeError(`localResponseNorm(${describe(x)}), size ${size}: the size is a whole number from 1`);
  if (isSmall(x.dtype)) return convert(localResponseNorm(convert(x, 'f32'), { size, alpha, beta, k }), x.dtype);
  const before = Math.floor((size - 1) / 2);
  // Channels are the rows of a plane.
  const squares = reshape(square(x), [images, 1, channels, height * width]);
  const means = averagePool2d(squares, {
    kernel: [size, 1],
    stride: 1,
    padding: [
      [before, size - 1 - before],
      [0, 0],
    ],
  });
  return divide(x, power(offset(scale(reshape(means, x.shape), alpha), k), beta));
}

/** x^exponent of positive numbers: by roots, which are rounded correctly, where they suffice. */
function power(x: Node, exponent: number): Node {
  if (exponent === 1) return x;
  if (exponent === 0.5) return sqrt(x);
  if (exponent === 0.75) return multiply(sqrt(x), sqrt(sqrt(x)));
  return exp(scale(log(x), exponent));
}
