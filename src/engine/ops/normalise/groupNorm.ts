import { ShapeError } from '../../errors.ts';
import type { Node } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import { add, multiply } from '../elementwise/elementwise.ts';
import { reshape } from '../shape/shape.ts';
import { standardise } from './standardise.ts';

export interface GroupNormOptions {
  readonly groups: number;
  /** A factor and a summand for each channel; 1 and 0 unless given. */
  readonly weight?: Node;
  readonly bias?: Node;
  readonly epsilon?: number;
}

/**
 * Group normalisation (Wu and He, arXiv 1803.08494), as `torch.nn.functional.group_norm`: x [N, C, …] gets mean 0 and variance 1 in each
 * group of neighbouring channels of each image, then weight and bias.
 * @throws ShapeError
 */
export function groupNorm(x: Node, { groups, weight, bias, epsilon = 1e-5 }: GroupNormOptions): Node {
  const [images, channels] = x.shape;
  if (x.shape.length < 2 || !Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    throw new ShapeError(`groupNorm: the channels of ${describe(x)} do not make ${groups} groups`);
  const across = x.shape.map((length, axis) => (axis === 1 ? length : 1));
  const aligned = (role: string, parameter: Node) => {
    if (parameter.shape.length !== 1 || parameter.size !== channels)
      throw new ShapeError(`groupNorm: the ${role} of ${describe(x)} is [${channels}], not ${describe(parameter)}`);
    return reshape(parameter, across);
  };
  const rows = reshape(x, [images, groups, x.size / (images * groups)]);
  const normal = reshape(standardise(rows, epsilon), x.shape);
  const scaled = weight ? multiply(normal, aligned('weight', weight)) : normal;
  return bias ? add(scaled, aligned('bias', bias)) : scaled;
}

/** Instance normalisation (Ulyanov and others, arXiv 1607.08022): group normalisation with a group for each channel. @throws ShapeError */
export const instanceNorm = (x: Node, options: Omit<GroupNormOptions, 'groups'> = {}): Node =>
  groupNorm(x, { ...options, groups: x.shape[1] ?? 1 });
