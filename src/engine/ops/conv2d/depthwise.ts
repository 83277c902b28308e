import forwardShader from '../../../shaders/depthwise/forward.wgsl';
import inputShader from '../../../shaders/depthwise/input.wgsl';
import weightShader from '../../../shaders/depthwise/weight.wgsl';
import type { Capabilities } from '../../graph/capabilities.ts';
import { isWide } from '../../graph/dtype.ts';
import type { KernelCall, KernelContext, Operand } from '../../graph/op.ts';
import type { Axis } from '../../graph/window.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { lanesOf } from '../../kernels/lanes.ts';
import { finishedAlong } from './finished.ts';
import type { GroupedGeometry } from './groupedGeometry.ts';
import { summed } from './parts.ts';

/**
 * Depthwise convolution: as many groups as input channels. Every pixel is used for few products, so that loads and stores are all of
 * the time: an invocation goes down a strip of columns, and loads every row of it once.
 */

/** Products that are written out for an input row, and rows that are waited for: beyond, the code is too long. */
const MOST_PRODUCTS = 512;
const MOST_ACTIVE = 64;

/** Pixels side by side of an invocation: formats of two words make long code of each. */
const FEWEST_COLUMNS = 4;
const MOST_COLUMNS = 8;
const mostColumns = ({ dtype }: Operand) => (isWide(dtype) ? FEWEST_COLUMNS : MOST_COLUMNS);

/** Invocations that keep a device busy, for a workgroup's lanes. */
const enough = (capabilities: Capabilities) => (capabilities.subgroupsOf8 ? 16 : 512) * lanesOf(capabilities);

type Context = Pick<KernelContext<never>, 'inputs' | 'output' | 'capabilities' | 'scratch'>;

export const isDepthwise = ({ groupChannels }: GroupedGeometry): boolean => groupChannels === 1;

/** Whether the code for these windows is short enough. */
export function depthwiseFits(rows: Axis, columns: Axis): boolean {
  const active = rows.stride + rows.dilation * (rows.kernel - 1);
  const span = MOST_COLUMNS * columns.stride + columns.dilation * (columns.kernel - 1);
  return (
    rows.kernel * columns.kernel * MOST_COLUMNS <= MOST_PRODUCTS &&
    active * MOST_COLUMNS <= MOST_ACTIVE * rows.stride &&
    span <= MOST_ACTIVE
  );
}

/** The number of columns, a multiple of the step, for which the fewest are loaded and computed in vain. */
function stripColumns(length: number, most: number, { kernel, stride, dilation }: Axis, step = 1): number {
  const loads = (columns: number) => (columns - 1) * stride + dilation * (kernel - 1) + 1;
  const cost = (columns: number) => Math.ceil(length / columns) * (loads(columns) + columns);
  const multiples = Math.max(1, Math.floor(most / step));
  const candidates = Array.from({ length: multiples }, (_, i) => (i + 1) * step).filter(
    (columns, i) => columns >= Math.min(FEWEST_COLUMNS, length) || i === multiples - 1,
  );
  return candidates.reduce((best, columns) => (cost(columns) < cost(best) ? columns : best));
}

const constantsOf = ({ rows, columns }: GroupedGeometry, { output, capabilities }: Context, COLUMNS: number) => ({
  T: output.dtype,
  WORKGROUP: lanesOf(capabilities),
  KY: rows.kernel,
  KX: columns.kernel,
  SY: rows.stride,
  SX: columns.stride,
  DY: rows.dilation,
  DX: columns.dilation,
  COLUMNS,
});

const sizesOf = (g: GroupedGeometry) => ({
  height: g.height,
  width: g.width,
  outHeight: g.outHeight,
  outWidth: g.outWidth,
  padding: [g.rows.before, g.columns.before],
  zero: 0,
});

/** Rows of a band, so that there are enough bands: a band loads some rows that the next one loads as well. */
function bandsOf(rows: number, strips: number, capabilities: Capabilities) {
  const wanted = Math.min(Math.ceil(rows / 4), Math.ceil(enough(capabilities) / strips));
  const bandRows = Math.ceil(rows / wanted);
  return { bandRows, bands: Math.ceil(rows / bandRows) };
}

const gridOf = (items: number, capabilities: Capabilities) => foldedGrid(Math.ceil(items / lanesOf(capabilities)));

/** The forward pass; what comes next is computed along: see finished.ts. */
export function depthwise(g: GroupedGeometry, context: Context): KernelCall[] {
  const {
    inputs: [x, weight],
    output: y,
    capabilities,
  } = context;
  const COLUMNS = stripColumns(g.outWidth, mostColumns(y), g.columns);
  const planes = g.images * g.outChannels;
  const strips = Math.ceil(g.outWidth / COLUMNS);
  const { bandRows, bands } = bandsOf(g.outHeight, planes * strips, capabilities);
  const items = planes * bands * strips;
  const multiplier = g.groupOutChannels;
  const plain: KernelCall = {
    shader: forwardShader,
    entry: 'depthwise',
    constants: { ...constantsOf(g, context, COLUMNS), NORMALISED: 0 },
    bind: { x, weight, y },
    sizes: { ...sizesOf(g), items, strips, bands, bandRows, channels: g.outChannels, multiplier },
    grid: gridOf(items, capabilities),
  };
  return [finishedAlong(plain, y)];
}

/** The gradient by input, of one output channel for each input channel. */
export function depthwiseTransposed(g: GroupedGeometry, context: Context): KernelCall[] {
  const {
    inputs: [gradient, weight],
    output: y,
    capabilities,
  } = context;
  const { rows, columns } = g;
  // Where the first whole stride begins that has a pixel of x: turns down, columns across.
  const first = [rows, columns].map(({ before, stride }) => Math.floor(before / stride));
  const turns = Math.floor((g.height - 1 + rows.before) / rows.stride) - first[0] + 1;
  const width = g.width + columns.before - first[1] * columns.stride;
  const COLUMNS = stripColumns(width, mostColumns(y), { ...columns, stride: 1 }, columns.stride);
  const planes = g.images * g.channels;
  const strips = Math.ceil(width / COLUMNS);
  const { bandRows: bandTurns, bands } = bandsOf(turns, planes * strips, capabilities);
  const items = planes * bands * strips;
  return [
    {
      shader: inputShader,
      entry: 'depthwise',
      constants: constantsOf(g, context, COLUMNS),
      bind: { gradient, weight, y },
      sizes: { ...sizesOf(g), items, strips, bands, bandTurns, first, channels: g.channels },
      grid: gridOf(items, capabilities),
    },
  ];
}

/** The gradient by weight, in parts of some images and a strip each. */
export function depthwiseByWeight(g: GroupedGeometry, context: Context): KernelCall[] {
  const { inputs, capabilities } = context;
  const [x, gradient] = inputs;
  const COLUMNS = Math.min(FEWEST_COLUMNS, g.outWidth);
  const strips = Math.ceil(g.outWidth / COLUMNS);
  const wanted = Math.min(g.images, Math.ceil(enough(capabilities) / (g.outChannels * strips)));
  const imagesPerPart = Math.ceil(g.images / wanted);
  const parts = Math.ceil(g.images / imagesPerPart);
  const items = g.outChannels * strips * parts;
  return summed(parts * strips, context, (partial) => [
    {
      shader: weightShader,
      entry: 'depthwise',
      constants: constantsOf(g, context, COLUMNS),
      bind: { x, gradient, partial },
      sizes: {
        ...sizesOf(g),
        items,
        strips,
        images: g.images,
        imagesPerPart,
        channels: g.outChannels,
        multiplier: g.groupOutChannels,
      },
      grid: gridOf(items, capabilities),
    },
  ]);
}
