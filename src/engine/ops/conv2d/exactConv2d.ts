import clearShader from '../../../shaders/exact/matmul.clear.wgsl';
import { ShapeError } from '../../errors.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Cost, KernelCall, Node, Op, Operand } from '../../graph/op.ts';
import { describe, type TensorType } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { type ExactProduct, exactProductKernels } from '../exact/exactMatmul.kernels.ts';
import { residueConstants } from '../exact/exactMatmul.ts';
import type { GatheredMatrix } from '../exact/matrix.ts';
import { type Conv2dAttributes, cost, type Geometry, geometry } from './geometry.ts';

type Attributes = Conv2dAttributes & {
  /** Not given where there is one. */
  readonly groups?: number;
};

/**
 * 2-D convolution of f64, as `conv2d`: x [N, C, H, W], weight [C / groups, kH, kW, O] → [N, O, H', W']; every element, also of
 * the gradients by x and by the weight, is the exact sum of the exact products, rounded once (see `exactMatmul`).
 * Products with the zeros around x do not exist, so that an infinite weight makes no NaN there.
 * @throws ShapeError
 */
export function exactConv2d(
  x: Node,
  weight: Node,
  { stride = 1, padding = 0, groups = 1 }: Partial<Attributes> = {},
): Node {
  return convolve([x, weight, residueConstants()], slidingOf({ stride, padding, groups }));
}

const slidingOf = ({ stride, padding, groups = 1 }: Attributes): Attributes =>
  groups === 1 ? { stride, padding } : { stride, padding, groups };

/** What a group is in a tensor of all: the channels of x and of the output, and the first of them. */
interface Group {
  readonly channels: number;
  readonly outChannels: number;
  readonly first: number;
  readonly firstOut: number;
}

function groupsOf(g: Geometry, { groups = 1 }: Attributes): Group[] {
  const [channels, outChannels] = [g.channels / groups, g.outChannels / groups];
  return Array.from({ length: groups }, (_, i) => ({
    channels,
    outChannels,
    first: i * channels,
    firstOut: i * outChannels,
  }));
}

const convolve: Op<Attributes> = defineOp({
  name: 'exactConv2d',
  infer: ([x, weight], attributes) => {
    const { images, outChannels, outHeight, outWidth } = measure(x, weight, attributes);
    return { shape: [images, outChannels, outHeight, outWidth], dtype: 'f64' };
  },
  derivative: ({ inputs: [x, weight, constants], gradient, attributes }) => [
    byInput([gradient, weight, constants], { ...attributes, height: x.shape[2], width: x.shape[3] }),
    byWeight([x, gradient, constants], { ...attributes, kernelHeight: weight.shape[1], kernelWidth: weight.shape[2] }),
    null,
  ],
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [x, weight, constants] = inputs;
    const g = measure(x, weight, attributes);
    const { kernelHeight, kernelWidth, outChannels, outHeight, outWidth } = g;
    // The sum goes over channels and taps; rows are the output's channels, columns its pixels.
    const products = groupsOf(g, attributes).map(
      (group): ExactProduct => ({
        a: {
          kLengths: [kernelHeight, kernelWidth],
          jLengths: [1, 1],
          steps: [kernelHeight * kernelWidth * outChannels, 1, kernelWidth * outChannels, outChannels],
          extent: [kernelHeight, kernelWidth],
          along: [1, 0],
          base: group.firstOut,
          length: group.outChannels,
        },
        b: windows(g, group),
        depth: group.channels * kernelHeight * kernelWidth,
        output: {
          base: group.firstOut * outHeight * outWidth,
          rowStep: outHeight * outWidth,
          lengths: [1, outHeight * outWidth],
          steps: [outChannels * outHeight * outWidth, 0, 1],
        },
      }),
    );
    return exactProductKernels(context, weight, x, constants, output, products);
  },
  cost: ({ inputs: [x, weight], output, attributes }) =>
    costOf(measure(x, weight, attributes), attributes, x, weight, output),
});

type ByInputAttributes = Attributes & { readonly height: number; readonly width: number };

/** Gradient of `exactConv2d` by x: gradient [N, O, H', W'], weight [C / groups, kH, kW, O] → [N, C, height, width]. */
export const exactConv2dGradientInput = (
  gradient: Node,
  weight: Node,
  { height, width, ...sliding }: ByInputAttributes,
): Node => byInput([gradient, weight, residueConstants()], { ...slidingOf(sliding), height, width });

const byInput: Op<ByInputAttributes> = defineOp<ByInputAttributes>({
  name: 'exactConv2dGradientInput',
  infer: ([gradient, weight], { height, width, groups = 1 }) => ({
    shape: [gradient.shape[0], groups * weight.shape[0], height, width],
    dtype: 'f64',
  }),
  derivative: ({ inputs: [gradient, weight, constants], gradient: outer, attributes }) => [
    exactConv2d(outer, weight, slidingOf(attributes)),
    byWeight([outer, gradient, constants], {
      ...slidingOf(attributes),
      kernelHeight: weight.shape[1],
      kernelWidth: weight.shape[2],
    }),
    null,
  ],
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [gradient, weight, constants] = inputs;
    const g = measure(output, weight, attributes);
    const products = groupsOf(g, attributes).flatMap((group) => throughTaps(g, group));
    const kernels = exactProductKernels(context, weight, gradient, constants, output, products);
    // With a stride there may be pixels of x that no tap sees.
    const seen = products.reduce((size, { a, b }) => size + a.length * b.length, 0);
    return seen === output.size ? kernels : [clearKernel(output), ...kernels];
  },
  cost: ({ inputs: [gradient, weight], output, attributes }) =>
    costOf(measure(output, weight, attributes), attributes, gradient, weight, output),
});

type ByWeightAttributes = Attributes & { readonly kernelHeight: number; readonly kernelWidth: number };

/** Gradient of `exactConv2d` by its weight: x [N, C, H, W], gradient [N, O, H', W'] → [C, kH, kW, O]. */
const byWeight: Op<ByWeightAttributes> = defineOp<ByWeightAttributes>({
  name: 'exactConv2dGradientWeight',
  infer: ([x, gradient], { kernelHeight, kernelWidth, groups = 1 }) => ({
    shape: [x.shape[1] / groups, kernelHeight, kernelWidth, gradient.shape[1]],
    dtype: 'f64',
  }),
  derivative: ({ inputs: [x, gradient, constants], gradient: outer, attributes }) => [
    byInput([gradient, outer, constants], { ...slidingOf(attributes), height: x.shape[2], width: x.shape[3] }),
    exactConv2d(x, outer, slidingOf(attributes)),
    null,
  ],
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [x, gradient, constants] = inputs;
    const g = measure(x, output, attributes);
    const { images, channels, height, width, kernelHeight, kernelWidth, outChannels, outHeight, outWidth } = g;
    const pixels = outHeight * outWidth;
    // The sum goes over images and the output's pixels; rows are the output's channels, columns channels and taps.
    const products = groupsOf(g, attributes).map(
      (group): ExactProduct => ({
        a: {
          kLengths: [outHeight, outWidth],
          jLengths: [1, 1],
          steps: [outChannels * pixels, pixels, outWidth, 1],
          extent: [outHeight, outWidth],
          along: [1, 0],
          base: group.firstOut * pixels,
          length: group.outChannels,
        },
        b: {
          kLengths: [outHeight, outWidth],
          jLengths: [kernelHeight, kernelWidth],
          steps: [channels * height * width, height * width, width, 1],
          extent: [height, width],
          along: [g.stride, 1],
          offset: [-g.padding, -g.padding],
          base: group.first * height * width,
          length: group.channels * kernelHeight * kernelWidth,
        },
        depth: images * pixels,
        output: { base: group.firstOut, rowStep: 1, lengths: [1, 1], steps: [outChannels, 0, 0] },
      }),
    );
    return exactProductKernels(context, gradient, x, constants, output, products);
  },
  cost: ({ inputs: [x, gradient], output, attributes }) =>
    costOf(measure(x, output, attributes), attributes, x, gradient, output),
});

/** What the taps see of x: the pixel (n, i, j) of the output under the tap (c, y, x). */
function windows(g: Geometry, { first }: Group): GatheredMatrix {
  const { images, channels, height, width, kernelHeight, kernelWidth, outHeight, outWidth, stride, padding } = g;
  return {
    kLengths: [kernelHeight, kernelWidth],
    jLengths: [outHeight, outWidth],
    steps: [height * width, channels * height * width, width, 1],
    extent: [height, width],
    along: [1, stride],
    offset: [-padding, -padding],
    base: first * height * width,
    length: images * outHeight * outWidth,
  };
}

/**
 * The gradient by x as sums over the output's channels and taps: rows are channels, columns pixels of x. Pixels whose
 * places differ by whole strides are seen through the same taps, a stride apart: a product for each such set of pixels.
 */
function throughTaps(g: Geometry, group: Group): ExactProduct[] {
  const { images, channels, height, width, kernelHeight, kernelWidth, outChannels, outHeight, outWidth, stride } = g;
  const pixels = outHeight * outWidth;
  const rows = phasesOf(height, kernelHeight, g);
  const columns = phasesOf(width, kernelWidth, g);
  return rows.flatMap((row) =>
    columns.map((column): ExactProduct => {
      const kLengths = [row.taps, column.taps] as const;
      return {
        a: {
          kLengths,
          jLengths: [1, 1],
          steps: [
            1,
            kernelHeight * kernelWidth * outChannels,
            stride * kernelWidth * outChannels,
            stride * outChannels,
          ],
          extent: kLengths,
          along: [1, 0],
          base: (row.firstTap * kernelWidth + column.firstTap) * outChannels + group.firstOut,
          length: group.channels,
        },
        b: {
          kLengths,
          jLengths: [row.count, column.count],
          steps: [pixels, outChannels * pixels, outWidth, 1],
          extent: [outHeight, outWidth],
          along: [-1, 1],
          offset: [row.offset, column.offset],
          base: group.firstOut * pixels,
          length: images * row.count * column.count,
        },
        depth: group.outChannels * row.taps * column.taps,
        output: {
          base: (group.first * height + row.first) * width + column.first,
          rowStep: height * width,
          lengths: [row.count, column.count],
          steps: [channels * height * width, stride * width, stride],
        },
      };
    }),
  );
}

/** Along one axis: sets of places of x that are a stride apart, those that some tap sees. */
function phasesOf(length: number, kernel: number, { stride, padding }: Geometry) {
  return Array.from({ length: Math.min(stride, length) }, (_, first) => {
    const firstTap = (first + padding) % stride;
    return {
      first,
      firstTap,
      count: Math.ceil((length - first) / stride),
      taps: Math.ceil((kernel - firstTap) / stride),
      offset: Math.floor((first + padding) / stride),
    };
  }).filter(({ taps }) => taps > 0);
}

const clearKernel = (y: Operand): KernelCall => ({
  shader: clearShader,
  entry: 'clear',
  bind: { y },
  sizes: { size: y.size },
  grid: gridOver(y.size),
  auxiliary: true,
});

/** `conv2d` has the same shapes. */
function measure(x: TensorType, weight: TensorType, { groups = 1, ...attributes }: Attributes): Geometry {
  if (x.dtype !== 'f64' || weight.dtype !== 'f64')
    throw new ShapeError(`exactConv2d(${describe(x)}, ${describe(weight)}): both operands are f64`);
  const [channels, ...others] = weight.shape;
  return geometry({ ...x, dtype: 'f32' }, { shape: [groups * channels, ...others], dtype: 'f32' }, attributes);
}

/** A group sums over its own channels only. */
function costOf(g: Geometry, { groups = 1 }: Attributes, ...operands: readonly { bytes: number }[]): Cost {
  const { flops, bytes } = cost(g, ...operands);
  return { flops: flops / groups, bytes };
}
