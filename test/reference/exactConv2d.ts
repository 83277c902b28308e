import { exactConv2d as sums } from '../../bench/fidelity/exactReferences.ts';
import type { Shape } from '../../src/engine/graph/shape.ts';
import { type Conv2dReferenceOptions, outputShape } from './conv2d.ts';

/** The convolution and its two gradients for a given gradient of the output, every element exact and rounded once. */
export function exactConv2d(
  x: ArrayLike<number>,
  xShape: Shape,
  weight: ArrayLike<number>,
  weightShape: Shape,
  gradient: ArrayLike<number>,
  options: Conv2dReferenceOptions,
): { y: Float64Array; byInput: Float64Array; byWeight: Float64Array } {
  const shapes = { x: xShape, weight: weightShape, y: outputShape(xShape, weightShape, options), ...options };
  const operands = {
    x: { place: 'x', data: x },
    weight: { place: 'weight', data: weight },
    gradient: { place: 'y', data: gradient },
  } as const;
  return {
    y: sums(shapes, 'y', operands.x, operands.weight),
    byInput: sums(shapes, 'x', operands.gradient, operands.weight),
    byWeight: sums(shapes, 'weight', operands.gradient, operands.x),
  };
}
