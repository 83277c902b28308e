import sharedShader from '../../../shaders/conv2d/shared.wgsl';
import type { KernelCall, KernelContext } from '../../graph/op.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { type Block, blockConstants, blockCount, partsOf } from '../matmul/blocks.ts';
import { inParts } from '../matmul/inParts.ts';
import { type ConvolutionOperands, forwardTaps, residueClasses, type TapSizes } from './direct.ts';
import { type Geometry, taps } from './geometry.ts';

/** Where the operands of a convolution lie. */
export type Context = Pick<KernelContext<never>, 'inputs' | 'output' | 'scratch'>;

/** Channels from which on taps are computed one after the other: with fewer, the last tile of each tap may be mostly empty. */
const MANY_CHANNELS = 64;

/** Whether channels and taps are counted together, and found one by one. @param tile channels that a tile holds */
export const areFew = (channels: number, tile: number) => channels < MANY_CHANNELS && channels % tile !== 0;

/** Whether output pixel i of a plane is its input pixel i. */
export const keepsPixels = (g: Geometry) => taps(g) === 1 && g.stride === 1 && g.padding === 0;

/** Where the elements of a convolution's weights lie: strides of an output channel and of a position of the depth. */
interface WeightStrides {
  readonly weightOut: number;
  readonly weightDepth: number;
}

/** What the kernels of a dispatch are made of. */
interface Dispatched {
  readonly sizes: TapSizes;
  readonly strides: WeightStrides;
  readonly channels: number;
  readonly outChannels: number;
  readonly parts: number;
  readonly outPart: number;
}

/** What constants say of numbers that lie side by side: 1 where all lengths are multiples of four, all or none, for few pipelines. */
export const byFours = (...lengths: readonly number[]) => Number(lengths.every((length) => length % 4 === 0));

/** A dispatch of tiles in workgroup memory. */
function tiles(
  block: Block,
  g: Geometry,
  { x, weight, output }: ConvolutionOperands,
  { sizes, strides, channels, outChannels, parts, outPart }: Dispatched,
): KernelCall {
  const { weightChannel: _, zero: __, ...common } = sizes;
  const along = strides.weightDepth === 1;
  const few = !along && areFew(channels, block.depth) && taps(g) > 1;
  const sideBySide = sizes.outColumn === 1 && sizes.outRow === sizes.columns;
  // Pixels that are not side by side are stored one by one.
  const fours = byFours(along ? channels : outChannels, sideBySide ? sizes.area : 0);
  const [columns, folded] = foldedGrid(Math.ceil(sizes.pixels / block.columns));
  return {
    shader: sharedShader,
    entry: 'tap',
    constants: {
      ...blockConstants(block),
      A_ALONG: Number(along),
      A_VEC4: fours,
      B_VEC4: keepsPixels(g) ? fours : 0,
      SIDE_BY_SIDE: Number(sideBySide),
      VEC4: sideBySide ? fours : 0,
      B_EACH: Number(few),
    },
    bind: { x, weight, y: output },
    sizes: {
      ...common,
      ...strides,
      ...(few && { weightDepth: sizes.weightColumn }),
      channels,
      outChannels,
      parts,
      outPart,
    },
    grid: [columns, Math.ceil(outChannels / block.rows) * parts, folded],
  };
}

/** Parts of the depth of dispatches, the largest of which decides. */
function partsOfAll(block: Block, rows: number, channels: number, all: readonly TapSizes[]): number {
  const most = Math.max(...all.map(({ pixels }) => pixels));
  const longest = Math.max(...all.map(({ tapRows, tapColumns }) => tapRows * tapColumns));
  return partsOf(all.length * blockCount(block, [rows, most]), longest * channels);
}

/** A convolution by tiles in workgroup memory; the depth in parts where there are few workgroups. */
export function sharedForward(g: Geometry, context: Context, block: Block): KernelCall[] {
  const [x, weight] = context.inputs;
  const { channels, outChannels } = g;
  const sizes = forwardTaps(g);
  const parts = partsOfAll(block, outChannels, channels, [sizes]);
  const strides = { weightOut: 1, weightDepth: sizes.weightChannel };
  const outPart = sizes.outImage * g.images;
  return inParts(parts, context, (output) => [
    tiles(block, g, { x, weight, output }, { sizes, strides, channels, outChannels, parts, outPart }),
  ]);
}

/** A convolution's gradient by input by tiles in workgroup memory. The weights are read where they lie, channels exchanged. */
export function sharedInputGradient(g: Geometry, context: Context, block: Block): KernelCall[] {
  const [gradient, weight] = context.inputs;
  const classes = residueClasses(g);
  const parts = partsOfAll(block, g.channels, g.outChannels, classes);
  const strides = { weightOut: taps(g) * g.outChannels, weightDepth: 1 };
  const outPart = g.images * g.channels * g.height * g.width;
  return inParts(parts, context, (output) =>
    classes.map((sizes) =>
      tiles(
        block,
        g,
        { x: gradient, weight, output },
        {
          sizes: fromOutput(g, sizes),
          strides,
          channels: g.outChannels,
          outChannels: g.channels,
          parts,
          outPart,
        },
      ),
    ),
  );
}

/** Sizes of a residue class whose weights are not transposed: a tap's weights are of all output channels. */
const fromOutput = (g: Geometry, sizes: TapSizes): TapSizes => ({
  ...sizes,
  weightRow: (sizes.weightRow / g.channels) * g.outChannels,
  weightColumn: (sizes.weightColumn / g.channels) * g.outChannels,
  weightOffset: (sizes.weightOffset / g.channels) * g.outChannels,
});
