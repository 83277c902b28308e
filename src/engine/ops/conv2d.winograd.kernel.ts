import shader from '../../shaders/conv2d.winograd.wgsl';
import type { Capabilities } from '../capabilities.ts';
import type { TensorType } from '../graph.ts';
import { foldedGrid } from '../grid.ts';
import type { KernelCall, Operand } from '../op.ts';
import { products } from './conv2d.products.kernel.ts';

/** Sizes of a 3×3 convolution with stride 1 and padding 1; for its gradient by input, with the channels exchanged. */
export interface WinogradSizes {
  readonly images: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly height: number;
  readonly width: number;
}

/** Products of the 4×4 transformed tiles. */
const FREQUENCIES = 16;

/** Below this, transforming costs more than the saved products (measured: equal at 64 channels on planes of 32×32). */
const FEWEST_CHANNELS = 64;

/** The least share of the tiles' pixels that lie inside the plane: 7×7 planes fill three quarters of theirs and gain nothing. */
const FULL_ENOUGH = 0.8;

const tileRows = (length: number) => Math.ceil(length / 2);

/** Tiles of a row and of an image, all tiles, and all tiles with padding to whole tiles of the matrix product. */
function tilesOf({ images, height, width }: WinogradSizes) {
  const tileColumns = tileRows(width);
  const tileArea = tileColumns * tileRows(height);
  const tiles = images * tileArea;
  return { tileColumns, tileArea, tiles, paddedTiles: 64 * Math.ceil(tiles / 64) };
}

/** Whether Winograd's convolution is possible for all three passes of a layer. */
export function winogradFits(sizes: WinogradSizes, capabilities: Capabilities): boolean {
  const { channels, outChannels } = sizes;
  const { paddedTiles } = tilesOf(sizes);
  const most = Math.max(channels, outChannels);
  return (
    capabilities.subgroupSize === 8 &&
    channels % 4 === 0 &&
    outChannels % 4 === 0 &&
    4 * FREQUENCIES * most * Math.max(paddedTiles, most) <= capabilities.maxStorageBufferBindingSize &&
    Math.max(paddedTiles / 64, most) <= capabilities.maxComputeWorkgroupsPerDimension
  );
}

/** Whether it is worth it. */
export function winogradPays(sizes: WinogradSizes): boolean {
  const { channels, outChannels, height, width } = sizes;
  const { tileArea } = tilesOf(sizes);
  return Math.min(channels, outChannels) >= FEWEST_CHANNELS && height * width >= FULL_ENOUGH * 4 * tileArea;
}

type Scratch = (type: TensorType) => Operand;

const table = (rows: number, columns: number): TensorType => ({ shape: [FREQUENCIES, rows, columns], dtype: 'f32' });

function transform(
  entry: string,
  sizes: WinogradSizes,
  source: Operand,
  result: Operand,
  grid: readonly number[],
  transposed = 0,
): KernelCall {
  const { channels, outChannels, height, width } = sizes;
  return {
    shader,
    entry,
    bind: { source, result },
    sizes: { channels, outChannels, height, width, ...tilesOf(sizes), transposed },
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
  const { paddedTiles } = tilesOf(sizes);
  const u = scratch(table(channels, outChannels));
  const v = scratch(table(channels, paddedTiles));
  const m = scratch(table(outChannels, paddedTiles));
  const overTiles = paddedTiles / 64;
  return [
    transform('weights', sizes, weight, u, foldedGrid(Math.ceil((channels * outChannels) / 64)), transposed ? 1 : 0),
    transform('inputs', sizes, x, v, [overTiles, channels]),
    multiplied(outChannels, paddedTiles, channels, u, v, m),
    transform('outputs', sizes, m, y, [overTiles, outChannels]),
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
  const { tiles } = tilesOf(sizes);
  const v = scratch(table(tiles, channels));
  const g = scratch(table(tiles, outChannels));
  const u = scratch(table(channels, outChannels));
  const overTiles = (count: number) => [Math.ceil(count / 16), ...foldedGrid(tiles)];
  return [
    transform('inputsByTile', sizes, x, v, overTiles(channels)),
    transform('gradientsByTile', { ...sizes, channels: outChannels }, gradient, g, overTiles(outChannels)),
    multiplied(channels, outChannels, tiles, v, g, u),
    transform('weightGradients', sizes, u, output, foldedGrid(Math.ceil((channels * outChannels) / 64))),
  ];
}
