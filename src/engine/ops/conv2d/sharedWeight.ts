import weightSharedShader from '../../../shaders/conv2d/weight.shared.wgsl';
import type { KernelCall } from '../../graph/op.ts';
import { type Block, blockConstants, partsOf } from '../matmul/blocks.ts';
import { inParts } from '../matmul/inParts.ts';
import { type Geometry, taps } from './geometry.ts';
import { areFew, byFours, type Context, keepsPixels } from './shared.ts';

/** A convolution's gradient by weight by tiles in workgroup memory; the depth in parts where there are few workgroups. */
export function sharedWeightGradient(g: Geometry, context: Context, block: Block): KernelCall[] {
  const [x, gradient] = context.inputs;
  const outArea = g.outHeight * g.outWidth;
  const few = areFew(g.channels, block.columns) && taps(g) > 1;
  const columnTiles = Math.ceil((few ? g.channels * taps(g) : g.channels) / block.columns);
  const tilesOfAll = (few ? 1 : taps(g)) * columnTiles;
  const rowTiles = Math.ceil(g.outChannels / block.rows);
  const parts = partsOf(tilesOfAll * rowTiles, g.images * outArea);
  const fours = byFours(outArea, g.outChannels);
  const call: Omit<KernelCall, 'bind'> = {
    shader: weightSharedShader,
    entry: 'outer',
    constants: {
      ...blockConstants(block),
      A_VEC4: fours,
      B_VEC4: keepsPixels(g) ? fours : 0,
      VEC4: fours,
      B_EACH: Number(few),
      FLAT: Number(outArea % block.depth !== 0),
    },
    sizes: {
      channels: g.channels,
      tapRows: g.kernelHeight,
      tapColumns: g.kernelWidth,
      outChannels: g.outChannels,
      height: g.height,
      width: g.width,
      outHeight: g.outHeight,
      outWidth: g.outWidth,
      stride: g.stride,
      padding: g.padding,
      images: g.images,
      columnTiles,
      parts,
    },
    grid: [tilesOfAll, rowTiles, parts],
  };
  return inParts(parts, context, (partial) => [{ ...call, bind: { x, gradient, partial } }]);
}
