import tapShader from '../../../shaders/groupedConv2d/tap.wgsl';
import weightShader from '../../../shaders/groupedConv2d/weight.wgsl';
import type { KernelCall, KernelContext } from '../../graph/op.ts';
import type { Axis } from '../../graph/window.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { lanesOf } from '../../kernels/lanes.ts';
import { type GroupedGeometry, tapsOf } from './groupedGeometry.ts';
import { summed } from './parts.ts';
import { split } from './weight.ts';

/** Convolutions by groups tap by tap, of any sizes and formats: a tile of sums in the registers of each invocation. */

/** How a tile is computed: of numbers that the lanes of a subgroup of 8 load for all of them, or by each invocation alone. */
export type Tiling = 'subgroup' | 'portable';

/** Pixels, or weights of an output channel, of an invocation's tile. */
const COLUMNS = 4;

/** Output channels of a tile, a power of two: not more than a group has, if that can be, and of large tiles those that waste least. */
function tileRows(channels: number, tiling: Tiling): number {
  const most = tiling === 'subgroup' ? 32 : 4;
  if (channels < most) return 2 ** Math.ceil(Math.log2(channels));
  const waste = (rows: number) => Math.ceil(channels / rows) * rows - channels;
  return waste(most / 2) < waste(most) ? most / 2 : most;
}

/** Constants of a kernel for tiles of so many output channels. */
const constantsOf = ({ output, capabilities }: Context, tiling: Tiling, ROWS: number) => ({
  T: output.dtype,
  LANES: lanesOf(capabilities),
  SUBGROUP: Number(tiling === 'subgroup'),
  ROWS,
  COLUMNS,
});

type Context = Pick<KernelContext<never>, 'inputs' | 'output' | 'capabilities' | 'scratch'>;

/** The taps that pixels along one axis see: of a forward pass, or of the pixels of x whose places differ by whole strides. */
interface TapAxis {
  readonly count: number;
  readonly taps: number;
  readonly firstTap: number;
  /** Taps from one to the next. */
  readonly tapStride: number;
  /** Place in the tensor that is read: pixel · stride + start + tap · step. */
  readonly stride: number;
  readonly start: number;
  readonly step: number;
}

/** The sums of some pixels: which channels, weights and pixels they are made of and where they go, in elements. */
interface TapTensors {
  /** Channels of a group that are summed over, and that come out. */
  readonly channels: number;
  readonly outChannels: number;
  /** The plane that is read, and the one that is written. */
  readonly from: readonly [height: number, width: number];
  readonly to: readonly [height: number, width: number];
  readonly weightChannel: number;
  readonly weightOut: number;
  /** Pixels of the written plane from one to the next, and the first. */
  readonly place: { readonly step: readonly [number, number]; readonly first: readonly [number, number] };
}

function taps(
  { images, groups, columns: { kernel: kernelWidth }, outChannels }: GroupedGeometry,
  context: Context & { readonly tiling: Tiling },
  [vertical, horizontal]: readonly [TapAxis, TapAxis],
  tensors: TapTensors,
): KernelCall {
  const {
    inputs: [x, weight],
    output: y,
    capabilities,
    tiling,
  } = context;
  const { from, to, place } = tensors;
  const ROWS = tileRows(tensors.outChannels, tiling);
  const rowTiles = Math.ceil(tensors.outChannels / ROWS);
  const area = vertical.count * horizontal.count;
  const [gridColumns, folded] = foldedGrid(Math.ceil((images * area) / (lanesOf(capabilities) * COLUMNS)));
  const inArea = from[0] * from[1];
  const outArea = to[0] * to[1];
  return {
    shader: tapShader,
    entry: 'tap',
    constants: constantsOf(context, tiling, ROWS),
    bind: { x, weight, y },
    sizes: {
      pixels: images * area,
      columns: horizontal.count,
      area,
      rowTiles,
      channels: tensors.channels,
      outChannels: tensors.outChannels,
      inImage: groups * tensors.channels * inArea,
      height: from[0],
      width: from[1],
      taps: [vertical.taps, horizontal.taps],
      tapStep: [vertical.step, horizontal.step],
      stride: [vertical.stride, horizontal.stride],
      first: [vertical.start, horizontal.start],
      outImage: groups * tensors.outChannels * outArea,
      outChannel: outArea,
      outRow: place.step[0] * to[1],
      outColumn: place.step[1],
      outOffset: place.first[0] * to[1] + place.first[1],
      weightGroup: outChannels / groups,
      weightChannel: tensors.weightChannel,
      weightOut: tensors.weightOut,
      weightRow: vertical.tapStride * kernelWidth * outChannels,
      weightColumn: horizontal.tapStride * outChannels,
      weightOffset: (vertical.firstTap * kernelWidth + horizontal.firstTap) * outChannels,
      zero: 0,
    },
    grid: [gridColumns, groups * rowTiles, folded],
  };
}

const forwardAxis = ({ kernel, stride, dilation, before }: Axis, count: number): TapAxis => ({
  count,
  taps: kernel,
  firstTap: 0,
  tapStride: 1,
  stride,
  start: -before,
  step: dilation,
});

export function groupedTaps(g: GroupedGeometry, context: Context, tiling: Tiling): KernelCall[] {
  const tensors = {
    channels: g.groupChannels,
    outChannels: g.groupOutChannels,
    from: [g.height, g.width],
    to: [g.outHeight, g.outWidth],
    weightChannel: tapsOf(g) * g.outChannels,
    weightOut: 1,
    place: { step: [1, 1], first: [0, 0] },
  } as const;
  return [
    taps(g, { ...context, tiling }, [forwardAxis(g.rows, g.outHeight), forwardAxis(g.columns, g.outWidth)], tensors),
  ];
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/**
 * Pixel i of x is seen through tap k by the output's pixel (i + before - k · dilation) / stride, where that is whole. Of pixels
 * i = residue + t · stride these are every (stride / g)-th tap, g the greatest common divisor of stride and dilation,
 * and each next one is seen by the pixel dilation / g before.
 */
function residueAxis({ length, kernel, stride, dilation, before }: Axis, residue: number): TapAxis {
  const common = greatestCommonDivisor(stride, dilation);
  const places = Array.from({ length: Math.min(kernel, stride) }, (_, tap) => residue + before - tap * dilation);
  const firstTap = places.findIndex((place) => place % stride === 0);
  const seen = firstTap >= 0;
  const tapStride = stride / common;
  return {
    count: Math.ceil((length - residue) / stride),
    taps: seen ? Math.ceil((kernel - firstTap) / tapStride) : 0,
    firstTap: seen ? firstTap : 0,
    tapStride,
    stride: 1,
    start: seen ? places[firstTap] / stride : 0,
    step: -dilation / common,
  };
}

/** The gradient by input: a dispatch for each pair of residues; pixels that no tap sees get zeros. */
export function groupedTapsTransposed(g: GroupedGeometry, context: Context, tiling: Tiling): KernelCall[] {
  const { rows, columns } = g;
  const residues = ({ stride, length }: Axis) => Array.from({ length: Math.min(stride, length) }, (_, i) => i);
  return residues(rows).flatMap((row) =>
    residues(columns).map((column) =>
      taps(g, { ...context, tiling }, [residueAxis(rows, row), residueAxis(columns, column)], {
        channels: g.groupOutChannels,
        outChannels: g.groupChannels,
        from: [g.outHeight, g.outWidth],
        to: [g.height, g.width],
        weightChannel: 1,
        weightOut: tapsOf(g) * g.outChannels,
        place: { step: [rows.stride, columns.stride], first: [row, column] },
      }),
    ),
  );
}

/** The gradient by weight: an outer product in each group, summed over images and output pixels. */
export function groupedOuter(g: GroupedGeometry, context: Context, tiling: Tiling): KernelCall[] {
  const { inputs, capabilities } = context;
  const [x, gradient] = inputs;
  const { rows, columns, images, groups, outChannels } = g;
  const ROWS = tileRows(g.groupOutChannels, tiling);
  const weights = g.groupChannels * tapsOf(g);
  const columnTiles = Math.ceil(weights / (lanesOf(capabilities) * COLUMNS));
  const rowTiles = Math.ceil(g.groupOutChannels / ROWS);
  const { imagesPerPart, parts } = split(images, columnTiles * groups * rowTiles);
  return summed(parts, context, (partial) => [
    {
      shader: weightShader,
      entry: 'outer',
      constants: constantsOf(context, tiling, ROWS),
      bind: { x, gradient, partial },
      sizes: {
        weights,
        taps: tapsOf(g),
        tapColumns: columns.kernel,
        rowTiles,
        groupOutChannels: g.groupOutChannels,
        outChannels,
        inImage: g.channels * g.height * g.width,
        inGroup: g.groupChannels * g.height * g.width,
        height: g.height,
        width: g.width,
        outHeight: g.outHeight,
        outWidth: g.outWidth,
        stride: [rows.stride, columns.stride],
        dilation: [rows.dilation, columns.dilation],
        padding: [rows.before, columns.before],
        images,
        imagesPerPart,
        zero: 0,
      },
      grid: [columnTiles, groups * rowTiles, parts],
    },
  ]);
}
