import shader from '../../../shaders/conv2d/columns.wgsl';
import planesShader from '../../../shaders/conv2d/planes.wgsl';
import type { Capabilities } from '../../graph/capabilities.ts';
import { type DType, formats } from '../../graph/dtype.ts';
import type { KernelCall, KernelContext, Node, Operand } from '../../graph/op.ts';
import { foldedGrid, gridOver } from '../../kernels/grid.ts';
import { products, productsTile } from '../matmul/products.ts';
import { transposed } from './direct.ts';
import { finishedAlong, isBiased } from './finished.ts';
import { type Geometry, taps } from './geometry.ts';
import { summed } from './parts.ts';

/**
 * Convolution as one matrix product. The matrix of the input's pixels under each tap is written out (im2col), which
 * pays where a pixel lies under few taps: with a stride, few channels, or 1×1 kernels, which need no such matrix but
 * for the gradient by weight. Planes are read and written where they lie if vec4s of their pixels are whole, and are
 * packed otherwise.
 */

/** Elements of the matrix beyond which its memory matters more. */
const MOST_ELEMENTS = 8 * 2 ** 20;

const toVec4 = (length: number) => 4 * Math.ceil(length / 4);
const outArea = (g: Geometry) => g.outHeight * g.outWidth;
const pixels = (g: Geometry) => g.images * outArea(g);

/** A 1×1 convolution that keeps the plane: the input is the matrix. */
export const isProduct = (g: Geometry) => taps(g) === 1 && g.stride === 1 && g.padding === 0;

/** What all three passes need: the kernel's lanes, and a matrix that can be bound and is not too large. */
export function columnsFit(g: Geometry, dtype: DType, { subgroupsOf8, ...limits }: Capabilities): boolean {
  const most = Math.max(g.outChannels, g.channels * taps(g)) * toVec4(pixels(g));
  const groups = Math.max(g.images * g.height * g.width, pixels(g)) / 64;
  return (
    subgroupsOf8 &&
    most <= MOST_ELEMENTS &&
    formats[dtype].bytes * most <= limits.maxStorageBufferBindingSize &&
    groups <= limits.maxComputeWorkgroupsPerDimension
  );
}

type Context = Pick<KernelContext<never>, 'inputs' | 'output' | 'scratch'>;

function matrix(
  entry: string,
  g: Geometry,
  pitch: number,
  source: Operand,
  result: Operand,
  grid: number[],
): KernelCall {
  return {
    shader,
    entry,
    constants: { T: source.dtype },
    bind: { source, result },
    sizes: {
      images: g.images,
      channels: g.channels,
      height: g.height,
      width: g.width,
      outHeight: g.outHeight,
      outWidth: g.outWidth,
      tapRows: g.kernelHeight,
      tapColumns: g.kernelWidth,
      stride: g.stride,
      padding: g.padding,
      pitch,
      zero: 0,
    },
    grid,
    auxiliary: true,
  };
}

/** Channels that an invocation of `columns` and `fold` loops over. */
const CHANNELS = 8;

const overPixels = (g: Geometry) => {
  const [x, z] = gridOver(pixels(g));
  return [x, Math.ceil(g.channels / CHANNELS), z];
};

/** The planes of x as rows of a matrix, or those of the output back from one. */
const planes = (
  entry: 'packPlanes' | 'unpackPlanes',
  g: Geometry,
  pitch: number,
  source: Operand,
  result: Operand,
): KernelCall => ({
  shader: planesShader,
  entry,
  constants: { T: source.dtype },
  bind: { source, result },
  sizes: { images: g.images, channels: g.channels, area: outArea(g), pitch },
  grid: overPixels(g),
  auxiliary: true,
});

/** The matrix [C · taps][pixels]. */
function columns(g: Geometry, source: Operand, scratch: Context['scratch']) {
  const pitch = toVec4(pixels(g));
  const result = scratch({ shape: [g.channels * taps(g), pitch], dtype: source.dtype });
  const call = isProduct(g)
    ? planes('packPlanes', g, pitch, source, result)
    : matrix('columns', g, pitch, source, result, overPixels(g));
  return { result, pitch, call };
}

/** The matrix [pixels][C · taps]. */
function columnsByPixel(g: Geometry, source: Operand, scratch: Context['scratch']) {
  const pitch = toVec4(g.channels * taps(g));
  const result = scratch({ shape: [pixels(g), pitch], dtype: source.dtype });
  const grid = [Math.ceil(g.channels / 8), ...foldedGrid(g.images * g.outHeight)];
  return { result, pitch, call: matrix('columnsByPixel', g, pitch, source, result, grid) };
}

/** The planes of an output or its gradient, pixel by pixel. */
const outputPlanes = (g: Geometry): Geometry => ({
  ...g,
  channels: g.outChannels,
  height: g.outHeight,
  width: g.outWidth,
  kernelHeight: 1,
  kernelWidth: 1,
  stride: 1,
  padding: 0,
});

/** Terms [taps · channels][pitch] of all output pixels, added up at the pixels of x that they belong to (col2im). */
function fold(g: Geometry, pitch: number, terms: Operand, result: Operand): KernelCall {
  const residueArea = Math.ceil(g.height / g.stride) * Math.ceil(g.width / g.stride);
  const grid = [Math.ceil((g.images * residueArea) / 64), Math.ceil(g.channels / CHANNELS), g.stride ** 2];
  return matrix('fold', g, pitch, terms, result, grid);
}

/**
 * Whether the forward pass can do what `after` does: where planes are unpacked. A product that stores whole planes cannot: with what it
 * then has beside 256 sums, its kernel compiles for 3 to 8 s instead of 2 on lavapipe, and inference of whole networks gains nothing.
 */
export const finishesColumns = (after: Node, g: Geometry): boolean => outArea(g) % 4 !== 0 && isBiased(after);

/** The forward pass: weight [C · taps][O] and the matrix of columns. O is a multiple of 4. */
export function forwardByColumns(g: Geometry, { inputs: [x, weight], output, scratch }: Context): KernelCall[] {
  const area = outArea(g);
  const product = { a: weight, rows: g.outChannels, depth: g.channels * taps(g) };
  const whole = area % 4 === 0;
  if (whole && isProduct(g)) {
    const blocks = { columns: area, b: g.channels * area, c: g.outChannels * area };
    return [products({ ...product, b: x, c: output, columns: pixels(g), bDepth: area, cRow: area, blocks })];
  }
  const { result: b, pitch, call } = columns(g, x, scratch);
  if (whole) {
    const blocks = { columns: area, b: area, c: g.outChannels * area };
    return [call, products({ ...product, b, c: output, columns: pixels(g), bDepth: pitch, cRow: area, blocks })];
  }
  const c = scratch({ shape: [g.outChannels, pitch], dtype: output.dtype });
  const unpacked = finishedAlong(planes('unpackPlanes', outputPlanes(g), pitch, c, output), output);
  return [call, products({ ...product, b, c, columns: pitch }), unpacked];
}

/** The gradient by input: a product for each tap, added up where they fall. C is a multiple of 4. */
export function inputGradientByColumns(
  g: Geometry,
  { inputs: [gradient, weight], output, scratch }: Context,
): KernelCall[] {
  const area = outArea(g);
  const weights = transposed(g, weight, scratch);
  const product = { a: weights.weight, rows: g.channels * taps(g), depth: g.outChannels };
  const whole = area % 4 === 0;
  const inPlace = { ...product, b: gradient, columns: pixels(g), bDepth: area };
  if (whole && isProduct(g)) {
    const blocks = { columns: area, b: g.outChannels * area, c: g.channels * area };
    return [weights.call, products({ ...inPlace, c: output, cRow: area, blocks })];
  }
  const pitch = toVec4(pixels(g));
  const c = scratch({ shape: [g.channels * taps(g), pitch], dtype: output.dtype });
  const folded = fold(g, pitch, c, output);
  if (whole) {
    const blocks = { columns: area, b: g.outChannels * area, c: area };
    return [weights.call, products({ ...inPlace, c, cRow: pitch, blocks }), folded];
  }
  const packed = columns(outputPlanes(g), gradient, scratch);
  return [weights.call, packed.call, products({ ...product, b: packed.result, c, columns: pitch }), folded];
}

/** Workgroups that keep the cores of a small device busy. */
const ENOUGH_WORKGROUPS = 8;

/** The gradient by weight: a product over all pixels, in parts of whole images where there are few weights. */
export function weightGradientByColumns(g: Geometry, context: Context): KernelCall[] {
  const [x, gradient] = context.inputs;
  const a = columnsByPixel(g, x, context.scratch);
  const b = columnsByPixel(outputPlanes(g), gradient, context.scratch);
  const [rows, columns] = productsTile(x.dtype);
  const workgroups = Math.ceil(a.pitch / rows) * Math.ceil(b.pitch / columns);
  const wanted = Math.min(g.images, Math.ceil(ENOUGH_WORKGROUPS / workgroups));
  const parts = divisorFrom(g.images, wanted);
  const depth = pixels(g) / parts;
  const stride = a.pitch * g.outChannels;
  const multiplied = (c: Operand) => {
    const batch = { count: parts, a: depth * a.pitch, b: depth * b.pitch, c: stride };
    return products({ a: a.result, b: b.result, c, rows: a.pitch, columns: b.pitch, depth, batch });
  };
  return [a.call, b.call, ...summed(parts, context, (partial) => [multiplied(partial)], stride)];
}

/** The least divisor of n that is not below `least` (≤ n). */
function divisorFrom(n: number, least: number): number {
  let divisor = least;
  while (n % divisor !== 0) divisor++;
  return divisor;
}
