import { defineOp } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import type { Pair } from '../../graph/window.ts';
import { type GroupedAttributes, groupedCost, groupedGeometry } from './groupedGeometry.ts';
import { groupedForward, groupedInputGradient, groupedWeightGradient } from './groupedVariants.ts';

/**
 * 2-D convolution by groups of channels, with a stride, a dilation and a padding for each axis: x [N, C, H, W],
 * weight [C / groups, kH, kW, O] → [N, O, H', W'].
 * @throws ShapeError
 */
export const groupedConv2d = (x: Node, weight: Node, attributes: GroupedAttributes): Node =>
  convolve([x, weight], attributes);

const slidingOf = ({ stride, dilation, padding, groups }: GroupedAttributes): GroupedAttributes => ({
  stride,
  dilation,
  padding,
  groups,
});

const planeOf = ({ shape }: Node): Pair => [shape[2], shape[3]];
const kernelOf = ({ shape }: Node): Pair => [shape[1], shape[2]];

const convolve: Op<GroupedAttributes> = defineOp<GroupedAttributes>({
  name: 'groupedConv2d',
  infer: ([x, weight], attributes) => {
    const { images, outChannels, outHeight, outWidth } = groupedGeometry(x, weight, attributes);
    return { shape: [images, outChannels, outHeight, outWidth], dtype: x.dtype };
  },
  derivative: ({ inputs: [x, weight], gradient, attributes }) => [
    byInput([gradient, weight], { ...attributes, plane: planeOf(x) }),
    byWeight([x, gradient], { ...attributes, kernel: kernelOf(weight) }),
  ],
  ...groupedForward,
  cost: ({ inputs: [x, weight], output, attributes }) =>
    groupedCost(groupedGeometry(x, weight, attributes), x, weight, output),
});

type ByInputAttributes = GroupedAttributes & { readonly plane: Pair };

/** Gradient of `groupedConv2d` by x: gradient [N, O, H', W'], weight [C / groups, kH, kW, O] → [N, C, ...plane]. */
export const groupedConv2dGradientInput = (
  gradient: Node,
  weight: Node,
  attributes: GroupedAttributes,
  plane: Pair,
): Node => byInput([gradient, weight], { ...attributes, plane });

const byInput: Op<ByInputAttributes> = defineOp<ByInputAttributes>({
  name: 'groupedConv2dGradientInput',
  infer: ([gradient, weight], { groups, plane }) => ({
    shape: [gradient.shape[0], groups * weight.shape[0], ...plane],
    dtype: gradient.dtype,
  }),
  // Linear in both operands: its derivatives are the forward pass and the gradient by weight.
  derivative: ({ inputs: [gradient, weight], gradient: outer, attributes }) => [
    groupedConv2d(outer, weight, slidingOf(attributes)),
    byWeight([outer, gradient], { ...slidingOf(attributes), kernel: kernelOf(weight) }),
  ],
  ...groupedInputGradient,
  cost: ({ inputs: [gradient, weight], output, attributes }) =>
    groupedCost(groupedGeometry(output, weight, attributes), gradient, weight, output),
});

type ByWeightAttributes = GroupedAttributes & { readonly kernel: Pair };

/** Gradient of `groupedConv2d` by its weight: x [N, C, H, W], gradient [N, O, H', W'] → [C / groups, kH, kW, O]. */
const byWeight: Op<ByWeightAttributes> = defineOp<ByWeightAttributes>({
  name: 'groupedConv2dGradientWeight',
  infer: ([x, gradient], { groups, kernel }) => ({
    shape: [x.shape[1] / groups, ...kernel, gradient.shape[1]],
    dtype: x.dtype,
  }),
  derivative: ({ inputs: [x, gradient], gradient: outer, attributes }) => [
    byInput([gradient, outer], { ...slidingOf(attributes), plane: planeOf(x) }),
    groupedConv2d(x, outer, slidingOf(attributes)),
  ],
  ...groupedWeightGradient,
  cost: ({ inputs: [x, gradient], output, attributes }) =>
    groupedCost(groupedGeometry(x, output, attributes), x, gradient, output),
});
