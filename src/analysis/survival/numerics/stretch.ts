/**
 * Columns of long matrices, a stretch of rows at a time, in a memory that all fits share: nothing in it outlives the call that wrote
 * it.
 */
import { columnKernels, DOUBLE, GROUP, STRETCH, TILE } from './columnKernels.ts';
import { newMemory, PAGE } from './webAssembly.ts';

const memory = newMemory(1);
const kernels = columnKernels(memory);
let doubles = new Float64Array(memory.buffer);

/** A memory of at least so many doubles, for the current call only: the next one, of anybody, writes to it, too. */
export function scratch(size: number): Float64Array {
  if (size > doubles.length) {
    memory.grow(Math.ceil(((size - doubles.length) * DOUBLE) / PAGE));
    doubles = new Float64Array(memory.buffer);
  }
  return doubles;
}

/** Columns of a stretch in the scratch memory: where the first begins, and how many there are, each STRETCH after the one before. */
export interface Block {
  readonly at: number;
  readonly columns: number;
}

/** Sums of products in the scratch memory, row-major. */
export interface Target {
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
  /** From one row to the next. */
  readonly stride: number;
}

/** Hands out places in the scratch memory. */
export interface Layout {
  block(columns: number): Block;
  target(rows: number, columns: number): Target;
  /** Doubles that have been handed out: what to ask `scratch` for. */
  readonly size: number;
}

export function layout(): Layout {
  // Before everything else the place for two weighted columns.
  let size = 2 * STRETCH;
  const take = (count: number) => {
    const at = size;
    size += count;
    return at;
  };
  const upTo = (count: number, multiple: number) => Math.ceil(count / multiple) * multiple;
  return {
    block: (columns) => ({ at: take(upTo(columns, TILE) * STRETCH), columns }),
    target(rows, columns) {
      const stride = upTo(columns, TILE);
      return { at: take(upTo(rows, 2) * stride), rows, columns, stride };
    },
    get size() {
      return size;
    },
  };
}

/** Rows to which a stretch of so many is filled up: with weights of 0, and any finite values in columns. */
export function filledUp(rows: number): number {
  return Math.ceil(rows / GROUP) * GROUP;
}

/** Columns of which column j is (sources[j] - centres[j]) / divisors[j]. */
export interface StandardisedColumns {
  readonly sources: readonly Float64Array[];
  readonly centres: Float64Array;
  readonly divisors: Float64Array;
}

/** Writes rows start ... start + rows of an intercept's column of ones, and of the columns, to a block of the scratch memory. */
export function writeColumns(
  { sources, centres, divisors }: StandardisedColumns,
  start: number,
  rows: number,
  block: Block,
): void {
  const bytes = filledUp(rows) * DOUBLE;
  doubles.fill(1, block.at, block.at + filledUp(rows));
  sources.forEach((source, j) => {
    const at = block.at + (j + 1) * STRETCH;
    doubles.set(source.subarray(start, start + rows), at);
    doubles.fill(0, at + rows, at + filledUp(rows));
    kernels.standardise(at * DOUBLE, centres[j], 1 / divisors[j], bytes);
  });
}

/** Column `out` = sum of factors[c] · column c of the block; `factors` is a place in the memory. */
export function combineColumns({ at, columns }: Block, factors: number, out: Block, rows: number): void {
  kernels.combine(at * DOUBLE, columns, factors * DOUBLE, out.at * DOUBLE, filledUp(rows) * DOUBLE);
}

/**
 * Adds the sums over rows of weight · left column · right column to the target.
 * @param lower only those of which the column on the right is not after that on the left matter
 */
export function addProducts(
  left: Block,
  right: Block,
  weights: Block,
  rows: number,
  target: Target,
  lower = false,
): void {
  kernels.products(
    left.at * DOUBLE,
    target.rows,
    right.at * DOUBLE,
    right.columns,
    weights.at * DOUBLE,
    filledUp(rows) * DOUBLE,
    target.at * DOUBLE,
    target.stride,
    lower ? 1 : 0,
    0,
  );
}
