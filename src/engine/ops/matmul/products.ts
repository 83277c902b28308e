import f32x2Shader from '../../../shaders/matmul/products.f32x2.wgsl';
import shader from '../../../shaders/matmul/products.wgsl';
import type { DType } from '../../graph/dtype.ts';
import type { KernelCall, Operand } from '../../graph/op.ts';

/** c[m, n] = Σ over k of a[k, m] · b[k, n]. All lengths in elements, rows and columns whole vec4s. */
export interface Products {
  readonly a: Operand;
  readonly b: Operand;
  readonly c: Operand;
  readonly rows: number;
  /** How many of the rows c has, where the last ones only fill a vec4; all when not given. */
  readonly stored?: number;
  readonly columns: number;
  readonly depth: number;
  /** Distance in b from one k to the next, in c from one row to the next; the columns when not given. */
  readonly bDepth?: number;
  readonly cRow?: number;
  /** Columns lie in blocks of `columns`, which are `b` and `c` elements apart in the two tensors. */
  readonly blocks?: { readonly columns: number; readonly b: number; readonly c: number };
  /** How many pairs of matrices, and the distances from one to the next. */
  readonly batch?: { readonly count: number; readonly a: number; readonly b: number; readonly c: number };
}

/** Matrices of 16 rows or 32 columns leave half of a large tile idle; short sums are not worth a pipeline more. */
const LONG = 64;

/** Rows of the tiles that there are for few rows: one image's features times the weights of a linear layer have one. */
const TILE_ROWS = [4, 16];

/** Rows and columns of the largest tile that a workgroup computes. */
export const productsTile = (dtype: DType): readonly [rows: number, columns: number] =>
  dtype === 'f32x2' ? [16, 16] : [32, 64];

/**
 * Rows of the tile that is used where the operands change places and the result is stored transposed. The maps of networks for 224
 * pixels have 28², 14² and 7² places: rows of 28 leave no part of a tile idle where columns of 64 leave up to a third.
 */
const EXCHANGED_ROWS = 28;

/** The share of a tile's time that does not depend on its rows: loads of the columns, about as long as 26 rows of products. */
const LOADS_IN_ROWS = 26;

const tileTime = (rows: number, columns: number, tileRows: number, tileColumns: number) =>
  Math.ceil(rows / tileRows) * Math.ceil(columns / tileColumns) * (LOADS_IN_ROWS + tileRows);

/** Exchanging saves a tenth at least: less is not worth a pipeline more. */
const WORTH_EXCHANGING = 0.9;

const isWorthExchanging = ({ rows, columns, depth }: Products) =>
  depth >= LONG &&
  columns > EXCHANGED_ROWS &&
  rows >= LONG &&
  tileTime(columns, rows, EXCHANGED_ROWS, 64) <= WORTH_EXCHANGING * tileTime(rows, columns, 32, 64);

/** Whether the columns of b and c follow one another without a gap, as rows could. */
const isDense = ({ columns, bDepth = columns, cRow = columns, blocks }: Products) =>
  bDepth === columns && cRow === columns && (blocks === undefined || blocks.columns >= columns);

/** The call that computes products, which needs subgroups of 8. All operands are f32 or f32x2. */
export function products(given: Products): KernelCall {
  if (given.stored === undefined && given.a.dtype === 'f32' && isDense(given) && isWorthExchanging(given))
    return exchanged(given);
  return inOrder(given);
}

/** The products with the columns of b for rows: sums add up in the same order, and have the same bits. */
function exchanged({ a, b, c, rows, columns, depth, batch }: Products): KernelCall {
  return {
    shader,
    entry: 'multiply',
    constants: { ROWS: EXCHANGED_ROWS, WIDE: 2, TRANSPOSED: 1 },
    bind: { a: b, b: a, c },
    sizes: {
      rows: columns / 4,
      columns: rows / 4,
      depth,
      blockColumns: rows / 4,
      aBatch: (batch?.b ?? 0) / 4,
      bDepth: rows / 4,
      bBlock: 0,
      bBatch: (batch?.a ?? 0) / 4,
      cRow: columns / 4,
      cBlock: 0,
      cBatch: (batch?.c ?? 0) / 4,
    },
    grid: [Math.ceil(columns / EXCHANGED_ROWS), Math.ceil(rows / 64), batch?.count ?? 1],
  };
}

/** The products with the operands as they are given. */
function inOrder({ a, b, c, rows, stored, columns, depth, batch, ...given }: Products): KernelCall {
  const { bDepth = columns, cRow = columns, blocks = { columns, b: 0, c: 0 } } = given;
  const inF32x2 = a.dtype === 'f32x2';
  const unit = inF32x2 ? 2 : 4;
  const [mostRows, mostColumns] = productsTile(a.dtype);
  const fewRows = inF32x2 || depth < LONG / 2 ? undefined : TILE_ROWS.find((each) => rows <= each);
  const tileRows = fewRows ?? mostRows;
  const tileColumns = columns <= 32 && depth >= LONG ? Math.min(32, mostColumns) : mostColumns;
  return {
    shader: inF32x2 ? f32x2Shader : shader,
    entry: 'multiply',
    constants: inF32x2 ? {} : { ROWS: tileRows, WIDE: tileColumns / 32, ...(stored === undefined ? {} : { EDGE: 1 }) },
    bind: { a, b, c },
    sizes: {
      rows: rows / unit,
      columns: columns / unit,
      depth,
      blockColumns: blocks.columns / unit,
      aBatch: (batch?.a ?? 0) / unit,
      bDepth: bDepth / unit,
      bBlock: blocks.b / unit,
      bBatch: (batch?.b ?? 0) / unit,
      cRow: cRow / unit,
      cBlock: blocks.c / unit,
      cBatch: (batch?.c ?? 0) / unit,
      ...(inF32x2 ? { zero: 0 } : {}),
      ...(stored === undefined ? {} : { stored }),
    },
    grid: [Math.ceil(rows / tileRows), Math.ceil(columns / tileColumns), batch?.count ?? 1],
  };
}
