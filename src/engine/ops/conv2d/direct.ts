import bandsShader from '../../../shaders/conv2d/bands.wgsl';
import conv2dShader from '../../../shaders/conv2d/conv2d.wgsl';
import portableShader from '../../../shaders/conv2d/portable.wgsl';
import rowsShader from '../../../shaders/conv2d/rows.wgsl';
import stride2Shader from '../../../shaders/conv2d/stride2.wgsl';
import tapShader from '../../../shaders/conv2d/tap.wgsl';
import type { KernelCall, KernelContext, Operand } from '../../graph/op.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { finishedAlong } from './finished.ts';
import { type Geometry, taps } from './geometry.ts';
import { noSizes } from './parts.ts';

/** What a convolution reads and writes: x, weight and output; by input, the gradient, the transposed weight and x's gradient. */
export interface ConvolutionOperands {
  readonly x: Operand;
  readonly weight: Operand;
  readonly output: Operand;
}

/** A convolution with padding 1 and stride 1 keeps the plane, so its gradient by input is the same convolution, channels exchanged. */
export const exchanged = (g: Geometry): Geometry => ({ ...g, channels: g.outChannels, outChannels: g.channels });

/** Weights [C, kH, kW, O] → [O, kH, kW, C] in scratch memory, for a gradient by input. @param flip the taps in reverse order */
export function transposed(
  g: Geometry,
  weight: Operand,
  scratch: KernelContext<never>['scratch'],
  flip = false,
): { readonly call: KernelCall; readonly weight: Operand } {
  const result = scratch(weight);
  const call: KernelCall = {
    shader: conv2dShader,
    entry: 'transpose',
    constants: { T: weight.dtype },
    bind: { source: weight, result },
    sizes: { ...noSizes, channels: g.channels, outChannels: g.outChannels, taps: taps(g), flip: flip ? 1 : 0 },
    grid: [Math.ceil(g.channels / 8), Math.ceil(g.outChannels / 8)],
    auxiliary: true,
  };
  return { call, weight: result };
}

/**
 * 3×3, stride 1, padding 1: 32 channels × 30 pixels with vector weights where channels allow, else 16 × 46; what comes next is computed
 * along: see finished.ts.
 */
export function rows(g: Geometry, { x, weight, output: y }: ConvolutionOperands): KernelCall {
  const wide = g.outChannels % 32 === 0;
  const [tiles, span] = wide ? [4, 4] : [2, 6];
  const positions = g.images * g.height * (g.width + 1);
  const [columns, folded] = foldedGrid(Math.ceil(positions / (8 * span - 2)));
  const plain: KernelCall = {
    shader: rowsShader,
    entry: 'rows',
    constants: { TILES: tiles, SPAN: span, VEC4: wide ? 1 : 0 },
    bind: { x, weight, y },
    sizes: { channels: g.channels, outChannels: g.outChannels, height: g.height, width: g.width, positions },
    grid: [columns, Math.ceil(g.outChannels / (8 * tiles)), folded],
  };
  return finishedAlong(plain, y);
}

/** Pixels of a band: as many as a lane holds in registers. */
const BAND_PIXELS = 64;

/** Whether a plane's rows are so narrow that a band has at least two, are read four pixels at a time, and lanes have a channel each. */
export const bandsFit = ({ width, outChannels }: Geometry): boolean =>
  width % 4 === 0 && width >= 8 && 2 * width <= BAND_PIXELS && outChannels % 8 === 0;

/** 3×3, stride 1, padding 1: 8 channels × whole rows of narrow planes; what comes next is computed along: see finished.ts. */
export function bands(g: Geometry, { x, weight, output: y }: ConvolutionOperands): KernelCall {
  const ROWS = Math.floor(BAND_PIXELS / g.width);
  const ofImage = Math.ceil(g.height / ROWS);
  const [columns, folded] = foldedGrid(g.images * ofImage);
  const plain: KernelCall = {
    shader: bandsShader,
    entry: 'bands',
    constants: { WIDTH: g.width, ROWS, NORMALISED: 0 },
    bind: { x, weight, y },
    sizes: { channels: g.channels, outChannels: g.outChannels, height: g.height, bands: ofImage },
    grid: [columns, g.outChannels / 8, folded],
  };
  return finishedAlong(plain, y);
}

/** How many neighbours of a row a lane may hold, of four channels: they fill rows of 28 to 112 pixels, of 16 and 32, of 14. */
const STRIDE2_PIXELS = [28, 16, 14];

/** Loads of the weights and of a row take as long as this many pixels' sums. */
const LOADS_IN_PIXELS = 21;

/** The time of a row, in that of a pixel's sums. */
const rowTime = (outWidth: number, pixels: number) => Math.ceil(outWidth / pixels) * (LOADS_IN_PIXELS + pixels);

const stride2Pixels = ({ outWidth }: Geometry): number =>
  STRIDE2_PIXELS.reduce((best, each) => (rowTime(outWidth, each) < rowTime(outWidth, best) ? each : best));

/** Whether a convolution is 3×3 with stride 2, and lanes have four channels each. */
export const stride2Fits = (g: Geometry): boolean =>
  g.kernelHeight === 3 && g.kernelWidth === 3 && g.stride === 2 && g.padding <= 1 && g.outChannels % 32 === 0;

/** Least share of a row's time that goes into sums of pixels in the plane: rows of 8 pixels and fewer are not worth it. */
const STRIDE2_PAYS = 0.38;

/** With more, copying the input's pixels under each tap costs little beside the products: see columns.ts. */
const MOST_OUT_CHANNELS = 128;

/** Whether it is worth it. */
export const stride2Pays = (g: Geometry): boolean =>
  g.outChannels <= MOST_OUT_CHANNELS && g.outWidth / rowTime(g.outWidth, stride2Pixels(g)) >= STRIDE2_PAYS;

/** 3×3, stride 2: 32 channels × 14 to 28 pixels of a row; what comes next is computed along: see finished.ts. */
export function stride2(g: Geometry, { x, weight, output: y }: ConvolutionOperands): KernelCall {
  const { images, channels, outChannels, height, width, outHeight, outWidth, padding } = g;
  const PIXELS = stride2Pixels(g);
  const pieces = Math.ceil(outWidth / PIXELS);
  const [columns, folded] = foldedGrid(images * outHeight * pieces);
  const plain: KernelCall = {
    shader: stride2Shader,
    entry: 'stride2',
    constants: { PIXELS },
    bind: { x, weight, y },
    sizes: { images, channels, outChannels, height, width, outHeight, outWidth, padding, pieces },
    grid: [columns, outChannels / 32, folded],
  };
  return finishedAlong(plain, y);
}

export type TapSizes = Readonly<Record<string, number>> & { readonly pixels: number };

const strides = (channels: number, height: number, width: number) => ({
  outImage: channels * height * width,
  outChannel: height * width,
});

/** The sizes of a forward pass. */
export function forwardTaps(g: Geometry): TapSizes {
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
export function residueClasses(g: Geometry): TapSizes[] {
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

/** How a convolution is computed tap by tap: tiles in registers of a subgroup or of each invocation. */
export type TapKernel = 'subgroup' | 'portable';

export function tap(
  kernel: TapKernel,
  { x, weight, output: y }: ConvolutionOperands,
  sizes: TapSizes,
  channels: number,
  outChannels: number,
): KernelCall {
  const call = { entry: 'tap', bind: { x, weight, y }, sizes: { ...sizes, channels, outChannels, zero: 0 } };
  const grid = (pixels: number, rows: number) => {
    const [columns, folded] = foldedGrid(Math.ceil(sizes.pixels / pixels));
    return [columns, Math.ceil(outChannels / rows), folded];
  };
  if (kernel === 'portable')
    return {
      ...call,
      shader: portableShader,
      constants: { T: y.dtype, ROWS: 4, COLUMNS: 4 },
      grid: grid(64 * 4, 4),
    };
  const wide = outChannels % 32 === 0;
  const ROWS = wide ? 32 : outChannels <= 4 ? 4 : 16;
  return {
    ...call,
    shader: tapShader,
    constants: { ROWS, COLUMNS: 4, VEC4: wide ? 1 : 0 },
    grid: grid(8 * 4, ROWS),
  };
}
