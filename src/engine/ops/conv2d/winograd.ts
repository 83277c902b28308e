import shader from '../../../shaders/conv2d/winograd.wgsl';
import type { Capabilities } from '../../graph/capabilities.ts';
import { type DType, formats } from '../../graph/dtype.ts';
import type { KernelCall, Operand } from '../../graph/op.ts';
import type { TensorType } from '../../graph/shape.ts';
import { foldedGrid, gridOver } from '../../kernels/grid.ts';
import { products } from '../matmul/products.ts';
import { finishedAlong } from './finished.ts';

/** Sizes of a 3×3 convolution with stride 1 and padding 1; for its gradient by input, with the channels exchanged. */
export interface WinogradSizes {
  readonly images: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly height: number;
  readonly width: number;
}

/** Side of a tile of the output, and products of a transformed tile. */
const TILE = 4;
const FREQUENCIES = 36;

/** Below this, transforming costs more than the saved products, at least on planes that do not fill their tiles. */
const FEWEST_CHANNELS = 64;

/**
 * Transforms grow with the sum of the channels, products with their product: C · O / (C + O) for each pixel of a tile, of those in the
 * plane. 24 are 64 channels on planes that fill three quarters of their tiles, or 32 to 128 channels on 27².
 */
const FEWEST_PRODUCTS = 23.5;

/** The least share of the tiles' pixels that lie inside the plane: 7×7 and 14×14 planes fill three quarters of theirs. */
const FULL_ENOUGH = 0.75;

/** The products of fewer tiles fill less than half of the smallest tile of sums: one image's plane of 7×7 has 4. */
const FEWEST_TILES = 8;

/** So few tiles are the rows of the matrix product rather than its columns, of which a workgroup computes 64. */
const FEW_TILES = 32;

function tilesOf({ images, height, width }: WinogradSizes) {
  const tileColumns = Math.ceil(width / TILE);
  const tileRows = Math.ceil(height / TILE);
  return { tileColumns, tileRows, tiles: images * tileRows * tileColumns };
}

const toVec4 = (length: number) => 4 * Math.ceil(length / 4);

/** Whether Winograd's convolution is possible for all three passes of a layer. */
export function winogradFits(sizes: WinogradSizes, dtype: DType, capabilities: Capabilities): boolean {
  const { channels, outChannels } = sizes;
  const { tiles } = tilesOf(sizes);
  const most = Math.max(channels, outChannels);
  return (
    capabilities.subgroupsOf8 &&
    channels % 4 === 0 &&
    outChannels % 4 === 0 &&
    formats[dtype].bytes * FREQUENCIES * most * Math.max(toVec4(tiles), most) <=
      capabilities.maxStorageBufferBindingSize &&
    Math.max(tiles / 64, most) <= capabilities.maxComputeWorkgroupsPerDimension
  );
}

/** Whether it is worth it. */
export function winogradPays(sizes: WinogradSizes): boolean {
  const { images, channels, outChannels, height, width } = sizes;
  const { tiles } = tilesOf(sizes);
  const pixels = TILE ** 2 * tiles;
  if (tiles < FEWEST_TILES) return false;
  return Math.min(channels, outChannels) >= FEWEST_CHANNELS && images * height * width >= FULL_ENOUGH * pixels;
}

/** Whether it is worth it for the forward pass, whose weights an inference transforms once. */
export function winogradPaysForward(sizes: WinogradSizes): boolean {
  const { images, channels, outChannels, height, width } = sizes;
  const { tiles } = tilesOf(sizes);
  const filled = (images * height * width) / (TILE ** 2 * tiles);
  const fewest = ((channels * outChannels) / (channels + outChannels)) * filled;
  return tiles >= FEWEST_TILES && fewest >= FEWEST_PRODUCTS;
}

/** Whether it is worth it for the gradient by weight, whose transform back from 36 values for each weight needs many tiles to pay. */
export const winogradPaysByWeight = (sizes: WinogradSizes): boolean =>
  winogradPays(sizes) && tilesOf(sizes).tiles >= FEW_TILES;

/**
 * In f32x2: where the 36 products of a tile, and its transforms, stand for more than 54 of the 9 products that each
 * pixel takes otherwise.
 */
export const winogradPaysInF32x2 = (sizes: WinogradSizes): boolean =>
  sizes.images * sizes.height * sizes.width > 6 * tilesOf(sizes).tiles;

type Scratch = (type: TensorType) => Operand;

const tableOf =
  (dtype: DType) =>
  (rows: number, columns: number): TensorType => ({ shape: [FREQUENCIES, rows, columns], dtype });

interface Strides {
  readonly channelStride: number;
  readonly tileStride: number;
  readonly frequencyStride: number;
}

const byChannel = (channels: number, tiles: number): Strides => ({
  channelStride: toVec4(tiles),
  tileStride: 1,
  frequencyStride: channels * toVec4(tiles),
});

const byTile = (channels: number, tiles: number): Strides => ({
  channelStride: 1,
  tileStride: channels,
  frequencyStride: channels * tiles,
});

function transform(
  entry: string,
  { channels, outChannels, height, width, ...rest }: WinogradSizes,
  source: Operand,
  result: Operand,
  grid: readonly number[],
  { transposed = false, strides = { channelStride: 0, tileStride: 0, frequencyStride: 0 } } = {},
): KernelCall {
  const tiles = tilesOf({ channels, outChannels, height, width, ...rest });
  const T = source.dtype;
  return {
    shader,
    entry,
    constants: { T },
    bind: { source, result },
    sizes: { channels, outChannels, height, width, ...tiles, transposed: transposed ? 1 : 0, ...strides, zero: 0 },
    grid,
    auxiliary: true,
  };
}

/** The products of all frequencies. */
const multiplied = (rows: number, columns: number, depth: number, a: Operand, b: Operand, c: Operand): KernelCall =>
  products({
    a,
    b,
    c,
    rows,
    columns,
    depth,
    batch: { count: FREQUENCIES, a: depth * rows, b: depth * columns, c: rows * columns },
  });

/**
 * The convolution of x [N, C, H, W] with weight [C, 3, 3, O].
 * @param transposed the weight is that of the forward pass, [O, 3, 3, C] as seen from here: the gradient by input
 */
export function winograd(
  sizes: WinogradSizes,
  x: Operand,
  weight: Operand,
  y: Operand,
  transposed: boolean,
  scratch: Scratch,
): KernelCall[] {
  const { channels, outChannels } = sizes;
  const { tiles } = tilesOf(sizes);
  const padded = toVec4(tiles);
  const few = tiles <= FEW_TILES;
  const table = tableOf(x.dtype);
  const u = scratch(table(channels, outChannels));
  const v = scratch(table(channels, padded));
  const m = scratch(few ? table(padded, outChannels) : table(outChannels, padded));
  const overTiles = Math.ceil(tiles / 64);
  const overPairs = gridOver(channels * outChannels);
  return [
    transform('weights', sizes, weight, u, overPairs, { transposed }),
    transform('inputs', sizes, x, v, [overTiles, channels], { strides: byChannel(channels, tiles) }),
    few ? multiplied(padded, outChannels, channels, v, u, m) : multiplied(outChannels, padded, channels, u, v, m),
    finishedAlong(
      transform('outputs', sizes, m, y, [overTiles, outChannels], {
        strides: few ? byTile(outChannels, padded) : byChannel(outChannels, tiles),
      }),
      y,
    ),
  ];
}

/** The gradient of the convolution by its weight, from x [N, C, H, W] and the output's gradient [N, O, H, W]. */
export function winogradWeightGradient(
  sizes: WinogradSizes,
  x: Operand,
  gradient: Operand,
  output: Operand,
  scratch: Scratch,
): KernelCall[] {
  const { channels, outChannels } = sizes;
  const { tiles, tileColumns } = tilesOf(sizes);
  const table = tableOf(x.dtype);
  const v = scratch(table(tiles, channels));
  const g = scratch(table(tiles, outChannels));
  const u = scratch(table(channels, outChannels));
  const overTiles = (count: number) => [Math.ceil(count / 8), ...foldedGrid(tiles / tileColumns)];
  const overPairs = gridOver(channels * outChannels);
  return [
    transform('inputsByTile', sizes, x, v, overTiles(channels), { strides: byTile(channels, tiles) }),
    transform('gradientsByTile', { ...sizes, channels: outChannels }, gradient, g, overTiles(outChannels), {
      strides: byTile(outChannels, tiles),
    }),
    multiplied(channels, outChannels, tiles, v, g, u),
    transform('weightGradients', sizes, u, output, overPairs),
  ];
}
