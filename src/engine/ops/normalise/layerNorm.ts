import { ShapeError } from '../../errors.ts';
import { axesToEnd, checkedAxes } from '../../graph/axes.ts';
import type { Node } from '../../graph/op.ts';
import { describe, sameShape } from '../../graph/shape.ts';
import { add, multiply } from '../elementwise/elementwise.ts';
import { reshape, transpose } from '../shape/shape.ts';
import { standardise } from './standardise.ts';

export interface LayerNormOptions {
  /** Axes that are normalised together; the last unless given. */
  readonly axes?: readonly number[];
  /** Factors and summands of the shape of the normalised axes; 1 and 0 unless given. */
  readonly weight?: Node;
  readonly bias?: Node;
  readonly epsilon?: number;
}

/**
 * Layer normalisation (Ba and others, arXiv 1607.06450), as `torch.nn.functional.layer_norm`: over the named axes, x gets mean 0 and
 * variance 1, then weight and bias.
 * @throws ShapeError
 */
export function layerNorm(x: Node, { axes = [-1], weight, bias, epsilon = 1e-5 }: LayerNormOptions = {}): Node {
  const named = checkedAxes('layerNorm', x, axes);
  const shape = named.map((axis) => x.shape[axis]);
  const across = x.shape.map((length, axis) => (named.includes(axis) ? length : 1));
  const aligned = (role: string, parameter: Node) => {
    if (!sameShape(parameter.shape, shape))
      throw new ShapeError(
        `layerNorm: the ${role} of ${describe(x)} is [${shape.join(', ')}], not ${describe(parameter)}`,
      );
    return reshape(parameter, across);
  };
  const order = axesToEnd(x, named);
  const moved = transpose(x, order);
  const length = shape.reduce((a, b) => a * b, 1);
  const rows = standardise(reshape(moved, [x.size / length, length]), epsilon);
  const normal = transpose(
    reshape(rows, moved.shape),
    order.map((_, axis) => order.indexOf(axis)),
  );
  const scaled = weight ? multiply(normal, aligned('weight', weight)) : normal;
  return bias ? add(scaled, aligned('bias', bias)) : scaled;
}
