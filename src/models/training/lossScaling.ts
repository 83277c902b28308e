import {
  abs,
  add,
  concatenate,
  divide,
  fill,
  greaterEqual,
  less,
  max,
  maximum,
  multiply,
  type Node,
  reshape,
  scale,
  slice,
  spec,
  type TensorType,
  where,
} from '../../engine/index.ts';
import type { Vectors } from '../network/packed.ts';

/**
 * Dynamic loss scaling (Micikevicius et al., arXiv 1710.03740, section 3.2), with the numbers of PyTorch's GradScaler:
 * a step whose gradients are not finite changes nothing but the scale, which is halved; after 2000 finite ones it is
 * doubled. All of it is on the device.
 */

/** The scale, and finite steps since it last changed. */
export const INITIAL_SCALING: readonly [scale: number, steps: number] = [2 ** 16, 0];
export const SCALING_SPEC: TensorType = spec([2]);

const GROWTH_INTERVAL = 2000;

const entry = (scaling: Node, index: number): Node => reshape(slice(scaling, [index], [index + 1]), []);

export const scaleOf = (scaling: Node): Node => entry(scaling, 0);

/** Gradients of the scaled loss as those of the loss. The scale is a power of two: nothing is rounded. */
export const unscaled = (gradients: Vectors<Node>, scaling: Node): Node[] => {
  const inverse = divide(fill([], 1), scaleOf(scaling));
  return gradients.map((vector) => multiply(vector, inverse));
};

/** Whether all gradients are finite, a bool. */
export function areFinite(gradients: Vectors<Node>): Node {
  const largest = gradients.map((vector) => max(abs(vector))).reduce(maximum);
  return less(largest, fill([], Number.POSITIVE_INFINITY, largest.dtype));
}

/** What `scaling` is after a step. */
export function nextScaling(scaling: Node, finite: Node): Node {
  const steps = add(entry(scaling, 1), fill([], 1));
  const grows = greaterEqual(steps, fill([], GROWTH_INTERVAL));
  const current = scaleOf(scaling);
  const after = where(finite, where(grows, scale(current, 2), current), scale(current, 0.5));
  const count = where(finite, where(grows, fill([], 0), steps), fill([], 0));
  return concatenate([reshape(after, [1]), reshape(count, [1])], 0);
}
