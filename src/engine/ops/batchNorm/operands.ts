import type { Attributes, Neighbour, Node } from '../../graph/op.ts';
import type { Shape } from '../../graph/shape.ts';
import { divide, fill, lessEqual, offset, sqrt, where, zeros } from '../elementwise/elementwise.ts';
import { reshape, slice } from '../shape/shape.ts';

/** What the ops of batch normalisation share: their operands, and numbers of each channel. */

export type Epsilon = { readonly epsilon: number };

/** Rows of the table of statistics. */
export const ROWS = 4;

export interface BatchNormAttributes extends Epsilon, Attributes {
  /** Normalised by `statistics` [4, C] of x, or by a mean and a variance [C] that do not depend on it. */
  readonly by: 'statistics' | 'constants';
  readonly relu: boolean;
}

/** Inputs of the three ops below: x, gamma, beta, then statistics or mean and variance, then those of the single op. */
export function namedInputs<T>([x, gamma, beta, ...others]: readonly T[], { by }: BatchNormAttributes) {
  const moments = by === 'statistics' ? 1 : 2;
  return { x, gamma, beta, moments: others.slice(0, moments), further: others.slice(moments) };
}

/** Operands and attributes of a batch norm by constants that the kernel of its x computes along. */
export function constantsOf({ operands, attributes }: Neighbour) {
  const [gamma, beta, mean, variance, residual] = operands;
  const { epsilon, relu } = attributes as BatchNormAttributes;
  return { gamma, beta, mean, variance, residual, epsilon, relu };
}

/** Mean and inverse standard deviation [C], as nodes. */
export function meanAndInverse(moments: readonly Node[], { by, epsilon }: BatchNormAttributes) {
  if (by === 'statistics') return { mean: rowOf(moments[0], 0), inverse: rowOf(moments[0], 2) };
  const [mean, variance] = moments;
  return { mean, inverse: divide(fill(variance.shape, 1, variance.dtype), sqrt(offset(variance, epsilon))) };
}

/** A gradient where ReLU lets it through that was applied to x (or gave x): everywhere but where x is 0 or negative. */
export const throughReluOf = (x: Node, gradient: Node): Node =>
  where(lessEqual(x, zeros(x)), zeros(gradient), gradient);

export const countOf = ([images, , height, width]: Shape): number => images * height * width;

/** Row `row` of [rows, C], as [C]. */
export function rowOf(table: Node, row: number): Node {
  const channels = table.shape[1];
  return reshape(slice(table, [row, 0], [row + 1, channels]), [channels]);
}

/** [C], or a row of a table, in a shape that broadcasts over [N, C, H, W]. */
export function perChannel(parameter: Node, row?: number): Node {
  const numbers = row === undefined ? parameter : rowOf(parameter, row);
  return reshape(numbers, [1, numbers.size, 1, 1]);
}
