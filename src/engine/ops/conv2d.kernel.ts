import rowsShader from '../../shaders/conv2d.3x3.wgsl';
import portableShader from '../../shaders/conv2d.portable.wgsl';
import tapSizes from '../../shaders/conv2d.tap.sizes.wgsl';
import tapShader from '../../shaders/conv2d.tap.wgsl';
import weightPortableShader from '../../shaders/conv2d.weight.portable.wgsl';
import weightSizes from '../../shaders/conv2d.weight.sizes.wgsl';
import weightShader from '../../shaders/conv2d.weight.wgsl';
import weight3x3Shader from '../../shaders/conv2d.weight3x3.wgsl';
import conv2dShader from '../../shaders/conv2d.wgsl';
import type { Capabilities } from '../capabilities.ts';
import { ShapeError } from '../errors.ts';
import { describe, elements, type TensorType } from '../graph.ts';
import { foldedGrid } from '../grid.ts';
import type { KernelCall, KernelContext, Operand } from '../op.ts';
import { winograd, winogradPays, winogradWeightGradient } from './conv2d.winograd.kernel.ts';

/** Stride and padding of both axes. */
export type Conv2dAttributes = { readonly stride: number; readonly padding: number };

/** Sizes of one convolution; all three ops are described by those of the forward pass. */
interface Geometry extends Conv2dAttributes {
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

export function geometry(x: TensorType, weight: TensorType, { stride, padding }: Conv2dAttributes): Geometry {
  const wrong = (why: string) =>
    new ShapeError(`conv2d(${describe(x)}, ${describe(weight)}), stride ${stride}, padding ${padding}: ${why}`);
  if (x.shape.length !== 4 || weight.shape.length !== 4)
    throw wrong('both operands have 4 axes, [N, C, H, W] and [C, kH, kW, O]');
  if (x.dtype !== weight.dtype || x.dtype !== 'f32') throw wrong('both operands are f32');
  const [images, channels, height, width] = x.shape;
  const [weightChannels, kernelHeight, kernelWidth, outChannels] = weight.shape;
  if (channels !== weightChannels) throw wrong(`the input has ${channels} channels, the weight ${weightChannels}`);
  if (!Number.isInteger(stride) || stride < 1) throw wrong('the stride is a whole number from 1');
  if (!Number.isInteger(padding) || padding < 0) throw wrong('the padding is a whole number from 0');
  const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  if (outHeight < 1 || outWidth < 1) throw wrong('the kernel is larger than the padded input');
  return {
    images,
    channels,
    height,
    width,
    outChannels,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    stride,
    padding,
  };
}

const taps = ({ kernelHeight, kernelWidth }: Geometry) => kernelHeight * kernelWidth;

const is3x3 = ({ kernelHeight, kernelWidth, stride, padding }: Geometry) =>
  kernelHeight === 3 && kernelWidth === 3 && stride === 1 && padding === 1;

/** A convolution with padding 1 and stride 1 keeps the plane, so its gradient by input is the same convolution, channels exchanged. */
const backward = (g: Geometry): Geometry => ({ ...g, channels: g.outChannels, outChannels: g.channels });

export const cost = (g: Geometry, ...operands: readonly { bytes: number }[]) => ({
  flops: 2 * g.images * g.outChannels * g.outHeight * g.outWidth * g.channels * taps(g),
  bytes: operands.reduce((sum, { bytes }) => sum + bytes, 0),
});

/** Kernels of the forward pass. */
export function forwardKernels({
  inputs: [x, weight],
  output,
  attributes,
  capabilities,
  scratch,
}: KernelContext<Conv2dAttributes>): KernelCall | KernelCall[] {
  const g = geometry(x, weight, attributes);
  if (is3x3(g) && winogradPays(g, capabilities)) return winograd(g, x, weight, output, false, scratch);
  if (capabilities.subgroupSize === 8 && is3x3(g)) return rows(g, x, weight, output);
  return tap(capabilities, { x, weight, output }, forwardTaps(g), g.channels, g.outChannels);
}

/** Kernels of the gradient by input: the same ones on transposed weights. */
export function inputGradientKernels({
  inputs: [gradient, weight],
  output,
  attributes,
  capabilities,
  scratch,
}: KernelContext<Conv2dAttributes>): KernelCall[] {
  const g = geometry(output, weight, attributes);
  if (is3x3(g) && winogradPays(g, capabilities)) return winograd(backward(g), gradient, weight, output, true, scratch);
  const transposed = scratch(weight);
  const direct = capabilities.subgroupSize === 8 && is3x3(g);
  const transpose: KernelCall = {
    shader: conv2dShader,
    entry: 'transpose',
    bind: { source: weight, result: transposed },
    sizes: {
      ...sumSizes(0, 0),
      channels: g.channels,
      outChannels: g.outChannels,
      taps: taps(g),
      flip: direct ? 1 : 0,
    },
    grid: [Math.ceil(g.channels / 8), g.outChannels],
    auxiliary: true,
  };
  if (direct) return [transpose, rows(backward(g), gradient, transposed, output)];
  const operands = { x: gradient, weight: transposed, output };
  return [transpose, ...parityClasses(g).map((sizes) => tap(capabilities, operands, sizes, g.outChannels, g.channels))];
}

/** 3×3, stride 1, padding 1: 32 channels × 30 pixels with vector weights where channels allow, else 16 × 46. */
function rows(g: Geometry, x: Operand, weight: Operand, y: Operand): KernelCall {
  const wide = g.outChannels % 32 === 0;
  const [tiles, span] = wide ? [4, 4] : [2, 6];
  const positions = g.images * g.height * (g.width + 1);
  const [columns, folded] = foldedGrid(Math.ceil(positions / (8 * span - 2)));
  return {
    shader: rowsShader,
    entry: 'rows',
    constants: { TILES: tiles, SPAN: span, VEC4: wide ? 1 : 0 },
    bind: { x, weight, y },
    sizes: { channels: g.channels, outChannels: g.outChannels, height: g.height, width: g.width, positions },
    grid: [columns, Math.ceil(g.outChannels / (8 * tiles)), folded],
  };
}

type TapSizes = Readonly<Record<string, number>> & { readonly pixels: number };

const strides = (channels: number, height: number, width: number) => ({
  outImage: channels * height * width,
  outChannel: height * width,
});

function forwardTaps(g: Geometry): TapSizes {
  return {
    pixels: g.images * g.outHeight * g.outWidth,
    columns: g.outWidth,
    area: g.outHeight * g.outWidth,
    height: g.height,
    width: g.width,
    tapRows: g.kernelHeight,
    tapColumns: g.kernelWidth,
    tapStep: 1,
    stride: g.stride,
    firstRow: -g.padding,
    firstColumn: -g.padding,
    ...strides(g.outChannels, g.outHeight, g.outWidth),
    outRow: g.outWidth,
    outColumn: 1,
    outOffset: 0,
    weightChannel: taps(g) * g.outChannels,
    weightRow: g.kernelWidth * g.outChannels,
    weightColumn: g.outChannels,
    weightOffset: 0,
  };
}

/**
 * The gradient by input at the rows and columns of one residue modulo the stride is itself a convolution of the gradient with every
 * stride-th tap, from the last to the first. One dispatch for each pair of residues; a residue that no tap reaches gets zeros.
 */
function parityClasses(g: Geometry): TapSizes[] {
  const classes: TapSizes[] = [];
  const axis = (residue: number, length: number, kernel: number) => {
    const first = (residue + g.padding) % g.stride;
    return {
      count: Math.ceil((length - residue) / g.stride),
      taps: first < kernel ? Math.ceil((kernel - first) / g.stride) : 0,
      firstTap: first,
      start: (residue + g.padding - first) / g.stride,
    };
  };
  for (let row = 0; row < Math.min(g.stride, g.height); row++)
    for (let column = 0; column < Math.min(g.stride, g.width); column++) {
      const vertical = axis(row, g.height, g.kernelHeight);
      const horizontal = axis(column, g.width, g.kernelWidth);
      classes.push({
        pixels: g.images * vertical.count * horizontal.count,
        columns: horizontal.count,
        area: vertical.count * horizontal.count,
        height: g.outHeight,
        width: g.outWidth,
        tapRows: vertical.taps,
        tapColumns: horizontal.taps,
        tapStep: -1,
        stride: 1,
        firstRow: vertical.start,
        firstColumn: horizontal.start,
        ...strides(g.channels, g.height, g.width),
        outRow: g.stride * g.width,
        outColumn: g.stride,
        outOffset: row * g.width + column,
        weightChannel: taps(g) * g.channels,
        weightRow: g.stride * g.kernelWidth * g.channels,
        weightColumn: g.stride * g.channels,
        weightOffset: (vertical.firstTap * g.kernelWidth + horizontal.firstTap) * g.channels,
      });
    }
  return classes;
}

function tap(
  { subgroupSize }: Capabilities,
  { x, weight, output: y }: { x: Operand; weight: Operand; output: Operand },
  sizes: TapSizes,
  channels: number,
  outChannels: number,
): KernelCall {
  const call = { entry: 'tap', bind: { x, weight, y }, sizes: { ...sizes, channels, outChannels } };
  const grid = (pixels: number, rows: number) => {
    const [columns, folded] = foldedGrid(Math.ceil(sizes.pixels / pixels));
    return [columns, Math.ceil(outChannels / rows), folded];
  };
  if (subgroupSize !== 8)
    return {
      ...call,
      shader: portableShader,
      constants: { SIZES: tapSizes, ROWS: 4, COLUMNS: 4 },
      grid: grid(64 * 4, 4),
    };
  const wide = outChannels % 32 === 0;
  const ROWS = wide ? 32 : outChannels <= 4 ? 4 : 16;
  return {
    ...call,
    shader: tapShader,
    constants: { SIZES: tapSizes, ROWS, COLUMNS: 4, VEC4: wide ? 1 : 0 },
    grid: grid(8 * 4, ROWS),
  };
}

/** Workgroups that keep the cores of a small device busy; more parts only cost more sums. */
const ENOUGH_WORKGROUPS = 16;

const sumSizes = (count: number, parts: number) => ({ channels: 0, outChannels: 0, taps: 0, flip: 0, count, parts });

/** Kernels of the gradient by weight. */
export function weightGradientKernels({
  inputs: [x, gradient],
  output,
  attributes,
  capabilities,
  scratch,
}: KernelContext<Conv2dAttributes>): KernelCall[] {
  const g = geometry(x, output, attributes);
  if (is3x3(g) && winogradPays(g, capabilities)) return winogradWeightGradient(g, x, gradient, output, scratch);
  const subgroups = capabilities.subgroupSize === 8;
  const weights = g.channels * taps(g);
  const sliding = subgroups && is3x3(g) && g.channels % 8 === 0;
  const rowsPerGroup = sliding ? 16 : !subgroups ? 4 : g.outChannels % 32 === 0 ? 32 : 16;
  const columnGroups = sliding ? g.channels / 8 : Math.ceil(weights / (subgroups ? 32 : 256));
  const rowGroups = Math.ceil(g.outChannels / rowsPerGroup);
  const wanted = Math.min(g.images, Math.ceil(ENOUGH_WORKGROUPS / (rowGroups * columnGroups)));
  const imagesPerPart = Math.ceil(g.images / wanted);
  const parts = Math.ceil(g.images / imagesPerPart);
  const partial = parts === 1 ? output : scratch({ shape: [parts, ...output.shape], dtype: output.dtype });

  const shared = { images: g.images, imagesPerPart, outChannels: g.outChannels, height: g.height, width: g.width };
  const call = { bind: { x, gradient, partial }, grid: [columnGroups, rowGroups, parts] };
  const products: KernelCall = sliding
    ? {
        ...call,
        shader: weight3x3Shader,
        entry: 'window',
        constants: { ROWS: 16 },
        sizes: { ...shared, channels: g.channels },
      }
    : {
        ...call,
        shader: subgroups ? weightShader : weightPortableShader,
        entry: 'outer',
        constants: { SIZES: weightSizes, ROWS: rowsPerGroup, COLUMNS: 4 },
        sizes: {
          ...shared,
          weights,
          taps: taps(g),
          tapColumns: g.kernelWidth,
          outHeight: g.outHeight,
          outWidth: g.outWidth,
          stride: g.stride,
          padding: [g.padding, g.padding],
        },
      };
  if (parts === 1) return [products];
  const count = elements(output.shape);
  return [
    products,
    {
      shader: conv2dShader,
      entry: 'sum',
      bind: { source: partial, result: output },
      sizes: sumSizes(count, parts),
      grid: foldedGrid(Math.ceil(count / 64)),
      auxiliary: true,
    },
  ];
}
