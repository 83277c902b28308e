/** The loop in which a kernel spends its time, and how often it turns. */
import type { Assembly } from './assembly/analyse.ts';
import type { Mix } from './assembly/mix.ts';
import type { Compiled } from './compiled.ts';
import type { Launch } from './workloads.ts';

type Sizes = Readonly<Record<string, number>>;

/** Shaders with tiles in workgroup memory: turns of the loop over the depth, by their sizes. */
const turnsOf: Readonly<Record<string, (sizes: Sizes, depth: number) => number>> = {
  'matmul/shared': (sizes, depth) => Math.ceil(Math.ceil(sizes.depth / depth) / sizes.parts),
  'conv2d/shared': ({ channels, tapRows, tapColumns, parts, weightDepth, weightColumn }, depth) => {
    const taps = tapRows * tapColumns;
    // Channels and taps are one depth where their weights are equally far apart.
    const turns =
      weightDepth === weightColumn ? Math.ceil((channels * taps) / depth) : taps * Math.ceil(channels / depth);
    return Math.ceil(turns / parts);
  },
  'conv2d/weight.shared': ({ images, outHeight, outWidth, parts }, depth) =>
    Math.ceil(Math.ceil((images * outHeight * outWidth) / depth) / parts),
};

/** One turn of the hot loop: over a tile's positions of the depth where there are tiles. */
export interface HotLoop extends Pick<Mix, 'slots' | 'fma' | 'fmas' | 'workgroupBytes' | 'bufferBytes'> {
  readonly tiled: boolean;
  readonly prefetches: boolean;
  /** Slots outside of it, once for each wave. */
  readonly around: number;
}

/** Multiply-adds from which on a loop computes with a tile. */
const OF_A_TILE = 16;

/** The deepest loop that loads and multiplies, with the loop over a tile's depth inside unless that is unrolled. */
function tiledLoop({ whole, loops }: Assembly, positions: number): HotLoop | null {
  const multiplying = loops.filter(({ fmas }) => fmas >= OF_A_TILE);
  const outer = multiplying.filter(({ bufferBytes }) => bufferBytes > 0).sort((a, b) => b.depth - a.depth)[0];
  if (outer === undefined) return null;
  const inner = multiplying.find(({ bufferBytes, depth }) => bufferBytes === 0 && depth > outer.depth);
  const all = (key: 'slots' | 'fma' | 'fmas' | 'workgroupBytes') => outer[key] + (positions - 1) * (inner?.[key] ?? 0);
  return {
    tiled: true,
    prefetches: outer.prefetches,
    around: Math.max(0, whole.slots - Math.max(...multiplying.map(({ slots }) => slots))),
    slots: all('slots'),
    fma: all('fma'),
    fmas: all('fmas'),
    workgroupBytes: all('workgroupBytes'),
    bufferBytes: outer.bufferBytes,
  };
}

/** The hot loop of a kernel; where it has no tiles, the innermost loop with most arithmetic; null: no loop. */
export function hotLoop({ shader, assembly, depth }: Pick<Compiled, 'shader' | 'assembly' | 'depth'>): HotLoop | null {
  const tiled = Object.hasOwn(turnsOf, shader) ? tiledLoop(assembly, depth) : null;
  if (tiled !== null) return tiled;
  const work = ({ fmas, adds }: Mix) => 2 * fmas + adds;
  const [loop] = assembly.loops
    .filter(({ innermost }) => innermost)
    .sort((a, b) => work(b) - work(a) || b.instructions - a.instructions);
  return loop === undefined ? null : { ...loop, tiled: false, around: assembly.whole.slots - loop.slots };
}

/** Turns of the loop over the depth of a kernel with tiles. */
export const tiledTurns = ({ shader, depth }: Pick<Compiled, 'shader' | 'depth'>, { sizes }: Launch): number =>
  Math.max(1, turnsOf[shader](sizes as Sizes, depth));
