import { defineOp } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import type { Pair } from '../../graph/window.ts';
import { exactConv2d, exactConv2dGradientInput } from './exactConv2d.ts';
import { cutAround, exactWindows, exactWindowsGradientInput, padAround } from './exactWindows.ts';
import { type Conv2dAttributes, cost, geometry, outputType } from './geometry.ts';
import { groupedConv2d, groupedConv2dGradientInput } from './groupedConv2d.ts';
import { groupedGeometry } from './groupedGeometry.ts';
import { type Conv2dOptions, slidingOf } from './options.ts';
import { forwardKernels, inputGradientKernels, weightGradientKernels } from './variants.ts';

/**
 * 2-D convolution: x [N, C, H, W], weight [C / groups, kH, kW, O] → [N, O, H', W'],
 * H' = ⌊(H + top + bottom − dilation · (kH − 1) − 1) / stride⌋ + 1.
 * The weight's layout is the one the kernels read; PyTorch's [O, C / groups, kH, kW] is converted where checkpoints are read and written.
 * In f64 every element, also of the gradients, is the exact sum rounded once: see `exactConv2d`.
 * @throws ShapeError
 */
export function conv2d(x: Node, weight: Node, options: Conv2dOptions = {}): Node {
  const { how, squares, padded } = slidingOf(weight, options);
  if (squares !== null && !padded) return conv2dOfSquares(x, weight, squares);
  groupedGeometry(x, weight, how);
  if (x.dtype === 'f64') return exactWindows(x, weight, how);
  if (squares === null) return groupedConv2d(x, weight, how);
  return conv2dOfSquares(padAround(x, how.padding, squares.padding), weight, squares);
}

/**
 * Gradient of `conv2d` by x: gradient [N, O, H', W'], weight [C / groups, kH, kW, O] → [N, C, ...plane].
 * @param plane rows and columns of an x from which H' and W' come
 */
export function conv2dGradientInput(gradient: Node, weight: Node, options: Conv2dOptions, plane: Pair): Node {
  const { how, squares, padded } = slidingOf(weight, options);
  if (squares !== null && !padded) return squaresGradientInput(gradient, weight, squares, plane);
  if (gradient.dtype === 'f64') return exactWindowsGradientInput(gradient, weight, how, plane);
  if (squares === null) return groupedConv2dGradientInput(gradient, weight, how, plane);
  const [rows, columns] = how.padding.map(([before, after]) => before + after - 2 * squares.padding);
  const whole = squaresGradientInput(gradient, weight, squares, [plane[0] + rows, plane[1] + columns]);
  return cutAround(whole, how.padding, squares.padding);
}

const conv2dOfSquares = (x: Node, weight: Node, attributes: Conv2dAttributes): Node =>
  x.dtype === 'f64' ? exactConv2d(x, weight, attributes) : convolve([x, weight], attributes);

const squaresGradientInput = (
  gradient: Node,
  weight: Node,
  attributes: Conv2dAttributes,
  [height, width]: Pair,
): Node =>
  gradient.dtype === 'f64'
    ? exactConv2dGradientInput(gradient, weight, { ...attributes, height, width })
    : byInput([gradient, weight], { ...attributes, height, width });

const convolve = defineOp<Conv2dAttributes>({
  name: 'conv2d',
  infer: ([x, weight], attributes) => outputType(x, weight, attributes),
  derivative: ({ inputs: [x, weight], gradient, attributes }) => [
    byInput([gradient, weight], { ...attributes, height: x.shape[2], width: x.shape[3] }),
    byWeight([x, gradient], { ...attributes, kernelHeight: weight.shape[1], kernelWidth: weight.shape[2] }),
  ],
  ...forwardKernels,
  cost: ({ inputs: [x, weight], output, attributes }) => cost(geometry(x, weight, attributes), x, weight, output),
});

type ByInputAttributes = Conv2dAttributes & { readonly height: number; readonly width: number };

/** Gradient of `conv2d` by x: gradient [N, O, H', W'], weight [C, kH, kW, O] → [N, C, H, W] (transposed convolution). */
const byInput: Op<ByInputAttributes> = defineOp<ByInputAttributes>({
  name: 'conv2dGradientInput',
  infer: ([gradient, weight], { height, width }) => ({
    shape: [gradient.shape[0], weight.shape[0], height, width],
    dtype: gradient.dtype,
  }),
  // Linear in both operands: its derivatives are the forward pass and the gradient by weight.
  derivative: ({ inputs: [gradient, weight], gradient: outer, attributes: { stride, padding } }) => [
    conv2dOfSquares(outer, weight, { stride, padding }),
    byWeight([outer, gradient], { stride, padding, kernelHeight: weight.shape[1], kernelWidth: weight.shape[2] }),
  ],
  ...inputGradientKernels,
  cost: ({ inputs: [gradient, weight], output, attributes }) =>
    cost(geometry(output, weight, attributes), gradient, weight, output),
});

type ByWeightAttributes = Conv2dAttributes & { readonly kernelHeight: number; readonly kernelWidth: number };

/** Gradient of `conv2d` by its weight: x [N, C, H, W], gradient [N, O, H', W'] → [C, kH, kW, O]. */
const byWeight: Op<ByWeightAttributes> = defineOp<ByWeightAttributes>({
  name: 'conv2dGradientWeight',
  infer: ([x, gradient], { kernelHeight, kernelWidth }) => ({
    shape: [x.shape[1], kernelHeight, kernelWidth, gradient.shape[1]],
    dtype: x.dtype,
  }),
  derivative: ({ inputs: [x, gradient], gradient: outer, attributes: { stride, padding } }) => [
    byInput([gradient, outer], { stride, padding, height: x.shape[2], width: x.shape[3] }),
    conv2dOfSquares(x, outer, { stride, padding }),
  ],
  ...weightGradientKernels,
  cost: ({ inputs: [x, gradient], output, attributes }) => cost(geometry(x, output, attributes), x, gradient, output),
});
