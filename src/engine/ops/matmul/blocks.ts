/** Blocks of sums in kernels with tiles in workgroup memory, for GPUs: `matmul/block.wgsl`. */

/** How many sums a workgroup and each of its invocations compute. */
export interface Block {
  /** Name of the variants that use it. */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly sums: readonly [rows: number, columns: number];
  /** Positions of the depth that a tile holds: both operands' tiles fit into the 16 KiB that WebGPU promises. */
  readonly depth: number;
}

/** From the largest: that one loads least for each sum. */
export const BLOCKS = [
  { name: 'shared128', rows: 128, columns: 128, sums: [8, 8], depth: 8 },
  { name: 'shared64', rows: 64, columns: 64, sums: [8, 8], depth: 16 },
  { name: 'shared32', rows: 32, columns: 32, sums: [4, 4], depth: 16 },
] as const satisfies readonly Block[];

/** Workgroups that keep all cores of a GPU busy. */
const ENOUGH_WORKGROUPS = 256;
/** A part of the depth shorter than this costs more to add than it saves. */
const SHORTEST_PART = 128;

/** Constants of a kernel that uses `matmul/block.wgsl`. */
export const blockConstants = ({ rows, columns, sums, depth }: Block) => ({
  ROWS: rows,
  COLUMNS: columns,
  SUMS_A: sums[0],
  SUMS_B: sums[1],
  DEPTH: depth,
});

/** Workgroups that compute rows × columns sums. */
export const blockCount = ({ rows, columns }: Block, [allRows, allColumns]: readonly [number, number]): number =>
  Math.ceil(allRows / rows) * Math.ceil(allColumns / columns);

/** Parts of a depth, so that there are enough workgroups. @param workgroups those of one part */
export const partsOf = (workgroups: number, depth: number): number =>
  Math.max(1, Math.min(Math.ceil(ENOUGH_WORKGROUPS / workgroups), Math.floor(depth / SHORTEST_PART)));

/**
 * The block that is best where nothing was measured: the largest of which there are enough, or one whose sides are no longer than what is
 * computed.
 */
export function preferredBlockFor(size: readonly [rows: number, columns: number], products = 1): Block {
  const [large, middle, small] = BLOCKS;
  if (products * blockCount(large, size) >= ENOUGH_WORKGROUPS && Math.min(...size) >= large.rows) return large;
  return Math.min(...size) > small.rows ? middle : small;
}
