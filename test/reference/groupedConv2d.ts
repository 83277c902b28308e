import { conv2dProducts, exactConv2d } from '../../bench/fidelity/exactReferences.ts';
import type { Shape } from '../../src/engine/graph/shape.ts';

type Pair = readonly [number, number];

export interface GroupedReferenceOptions {
  readonly stride: Pair;
  readonly dilation: Pair;
  /** [[top, bottom], [left, right]] */
  readonly padding: readonly [Pair, Pair];
  readonly groups: number;
}

/** Shape of the output: [N, O, H', W']. */
export function groupedOutputShape(
  [N, , H, W]: Shape,
  [, kH, kW, O]: Shape,
  { stride, dilation, padding }: GroupedReferenceOptions,
): Shape {
  const along = (length: number, kernel: number, i: 0 | 1) =>
    Math.floor((length + padding[i][0] + padding[i][1] - dilation[i] * (kernel - 1) - 1) / stride[i]) + 1;
  return [N, O, along(H, kH, 0), along(W, kW, 1)];
}

const shapesOf = (x: Shape, weight: Shape, options: GroupedReferenceOptions) => ({
  x,
  weight,
  y: groupedOutputShape(x, weight, options),
  ...options,
  padding: [options.padding[0][0], options.padding[1][0]] as const,
});

type Place = 'x' | 'weight' | 'y';
interface Factor {
  readonly place: Place;
  readonly data: ArrayLike<number>;
}

/** The convolution by groups (`into` y), or its gradient by x or weight (one factor is then the gradient at y), in float64. */
export function groupedConv2d(
  [xShape, weightShape]: readonly [Shape, Shape],
  options: GroupedReferenceOptions,
  into: Place,
  [first, second]: readonly [Factor, Factor],
): Float64Array {
  const shapes = shapesOf(xShape, weightShape, options);
  const sums = new Float64Array(shapes[into].reduce((size, length) => size * length, 1));
  for (const places of conv2dProducts(shapes))
    sums[places[into]] += first.data[places[first.place]] * second.data[places[second.place]];
  return sums;
}

/** Every element the exact sum, rounded once. */
export const exactGroupedConv2d = (
  [xShape, weightShape]: readonly [Shape, Shape],
  options: GroupedReferenceOptions,
  into: Place,
  [first, second]: readonly [Factor, Factor],
): Float64Array => exactConv2d(shapesOf(xShape, weightShape, options), into, first, second);
