import { ShapeError } from '../../errors.ts';
import { checkedAxes } from '../../graph/axes.ts';
import type { Node } from '../../graph/op.ts';
import { describe, sameShape } from '../../graph/shape.ts';
import { add, divide, multiply, offset, sqrt, square, subtract } from '../elementwise/elementwise.ts';
import { mean } from '../reduce/reduce.ts';
import { reshape } from '../shape/shape.ts';

export interface LayerNormOptions {
  /** Axes that are normalised together; the last unless given. */
  readonly axes?: readonly number[];
  /** Factors and summands of the shape of the normalised axes; 1 and 0 unless given. */
  readonly weight?: Node;
  readonly bias?: Node;
  readonly epsilon?: number;
}

/** (x - mean) / √(variance + epsilon) over axes: the variance, biased as PyTorch's, is the mean of squares of differences from the mean. */
export function standardised(x: Node, axes: readonly number[], epsilon: number): Node {
  const centred = subtract(x, mean(x, axes, { keepDims: true }));
  const variance = mean(square(centred), axes, { keepDims: true });
  return divide(centred, sqrt(offset(variance, epsilon)));
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
  const normal = standardised(x, named, epsilon);
  const scaled = weight ? multiply(normal, aligned('weight', weight)) : normal;
  return bias ? add(scaled, aligned('bias', bias)) : scaled;
}
