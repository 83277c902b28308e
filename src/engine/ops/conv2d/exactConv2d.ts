import clearShader from '../../../shaders/exact/matmul.clear.wgsl';
import { ShapeError } from '../../errors.ts';
import { defineOp } from '../../graph/graph.ts';
import type { KernelCall, Node, Op, Operand } from '../../graph/op.ts';
import { describe, type TensorType } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { type ExactProduct, exactProductKernels } from '../exact/exactMatmul.kernels.ts';
import { residueConstants } from '../exact/exactMatmul.ts';
import type { GatheredMatrix } from '../exact/matrix.ts';
import type { Conv2dOptions } from './geometry.ts';
import { type Conv2dAttributes, cost, type Geometry, geometry } from './geometry.ts';

/**
 * 2-D convolution of f64, as `conv2d`: x [N, C, H, W], weight [C, kH, kW, O] → [N, O, H', W']; every element, also of
 * the gradients by x and by the weight, is the exact sum of the exact products, rounded once (see `exactMatmul`).
 * Products with the zeros around x do not exist, so that an infinite weight makes no NaN there.
 * @throws ShapeError
 */
export function exactConv2d(x: Node, weight: Node, { stride = 1, padding = 0 }: Conv2dOptions = {}): Node {
  return convolve([x, weight, residueConstants()], { stride, padding });
}

const convolve: Op<Conv2dAttributes> = defineOp({
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
    const { channels, kernelHeight, kernelWidth, outChannels, outHeight, outWidth } = g;
    // The sum goes over channels and taps; rows are the output's channels, columns its pixels.
    return exactProductKernels(context, weight, x, constants, output, [
      {
        a: {
          kLengths: [kernelHeight, kernelWidth],
          jLengths: [1, 1],
          steps: [kernelHeight * kernelWidth * outChannels, 1, kernelWidth * outChannels, outChannels],
          extent: [kernelHeight, kernelWidth],
          along: [1, 0],
          length: outChannels,
        },
        b: windows(g),
        depth: channels * kernelHeight * kernelWidth,
        output: {
          rowStep: outHeight * outWidth,
          lengths: [1, outHeight * outWidth],
          steps: [outChannels * outHeight * outWidth, 0, 1],
        },
      },
    ]);
  },
  cost: ({ inputs: [x, weight], output, attributes }) => cost(measure(x, weight, attributes), x, weight, output),
});

type ByInputAttributes = Conv2dAttributes & { readonly height: number; readonly width: number };

/** Gradient of `exactConv2d` by x: gradient [N, O, H', W'], weight [C, kH, kW, O] → [N, C, H, W]. */
const byInput: Op<ByInputAttributes> = defineOp<ByInputAttributes>({
  name: 'exactConv2dGradientInput',
  infer: ([gradient, weight], { height, width }) => ({
    shape: [gradient.shape[0], weight.shape[0], height, width],
    dtype: 'f64',
  }),
  derivative: ({ inputs: [gradient, weight, constants], gradient: outer, attributes: { stride, padding } }) => [
    exactConv2d(outer, weight, { stride, padding }),
    byWeight([outer, gradient, constants], {
      stride,
      padding,
      kernelHeight: weight.shape[1],
      kernelWidth: weight.shape[2],
    }),
    null,
  ],
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [gradient, weight, constants] = inputs;
    const g = measure(output, weight, attributes);
    const products = throughTaps(g);
    const kernels = exactProductKernels(context, weight, gradient, constants, output, products);
    // With a stride there may be pixels of x that no tap sees.
    const seen = products.reduce((size, { a, b }) => size + a.length * b.length, 0);
    return seen === output.size ? kernels : [clearKernel(output), ...kernels];
  },
  cost: ({ inputs: [gradient, weight], output, attributes }) =>
    cost(measure(output, weight, attributes), gradient, weight, output),
});

type ByWeightAttributes = Conv2dAttributes & { readonly kernelHeight: number; readonly kernelWidth: number };

/** Gradient of `exactConv2d` by its weight: x [N, C, H, W], gradient [N, O, H', W'] → [C, kH, kW, O]. */
const byWeight: Op<ByWeightAttributes> = defineOp<ByWeightAttributes>({
  name: 'exactConv2dGradientWeight',
  infer: ([x, gradient], { kernelHeight, kernelWidth }) => ({
    shape: [x.shape[1], kernelHeight, kernelWidth, gradient.shape[1]],
    dtype: 'f64',
  }),
  derivative: ({ inputs: [x, gradient, constants], gradient: outer, attributes: { stride, padding } }) => [
    byInput([gradient, outer, constants], { stride, padding, height: x.shape[2], width: x.shape[3] }),
    exactConv2d(x, outer, { stride, padding }),
    null,
  ],
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [x, gradient, constants] = inputs;
    const g = measure(x, output, attributes);
    const { images, channels, height, width, kernelHeight, kernelWidth, outChannels, outHeight, outWidth } = g;
    const pixels = outHeight * outWidth;
    // The sum goes over images and the output's pixels; rows are the output's channels, columns channels and taps.
    return exactProductKernels(context, gradient, x, constants, output, [
      {
        a: {
          kLengths: [outHeight, outWidth],
          jLengths: [1, 1],
          steps: [outChannels * pixels, pixels, outWidth, 1],
          extent: [outHeight, outWidth],
          along: [1, 0],
          length: outChannels,
        },
        b: {
          kLengths: [outHeight, outWidth],
          jLengths: [kernelHeight, kernelWidth],
          steps: [channels * height * width, height * width, width, 1],
          extent: [height, width],
          along: [g.stride, 1],
          offset: [-g.padding, -g.padding],
          length: channels * kernelHeight * kernelWidth,
        },
        depth: images * pixels,
        output: { rowStep: 1, lengths: [1, 1], steps: [outChannels, 0, 0] },
      },
    ]);
  },
  cost: ({ inputs: [x, gradient], output, attributes }) => cost(measure(x, output, attributes), x, gradient, output),
});

/** What the taps see of x: the pixel (n, i, j) of the output under the tap (c, y, x). */
function windows(g: Geometry): GatheredMatrix {
  const { images, channels, height, width, kernelHeight, kernelWidth, outHeight, outWidth, stride, padding } = g;
  return {
    kLengths: [kernelHeight, kernelWidth],
    jLengths: [outHeight, outWidth],
    steps: [height * width, channels * height * width, width, 1],
    extent: [height, width],
    along: [1, stride],
    offset: [-padding, -padding],
    length: images * outHeight * outWidth,
  };
}

/**
 * The gradient by x as sums over the output's channels and taps: rows are channels, columns pixels of x. Pixels whose
 * places differ by whole strides are seen through the same taps, a stride apart: a product for each such set of pixels.
 */
function throughTaps(g: Geometry): ExactProduct[] {
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
          base: (row.firstTap * kernelWidth + column.firstTap) * outChannels,
          length: channels,
        },
        b: {
          kLengths,
          jLengths: [row.count, column.count],
          steps: [pixels, outChannels * pixels, outWidth, 1],
          extent: [outHeight, outWidth],
          along: [-1, 1],
          offset: [row.offset, column.offset],
          length: images * row.count * column.count,
        },
        depth: outChannels * row.taps * column.taps,
        output: {
          base: row.first * width + column.first,
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
function measure(x: TensorType, weight: TensorType, attributes: Conv2dAttributes): Geometry {
  if (x.dtype !== 'f64' || weight.dtype !== 'f64')
    throw new ShapeError(`exactConv2d(${describe(x)}, ${describe(weight)}): both operands are f64`);
  return geometry({ ...x, dtype: 'f32' }, { ...weight, dtype: 'f32' }, attributes);
}
