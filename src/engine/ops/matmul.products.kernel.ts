import shader from '../../shaders/matmul.products.wgsl';
import type { KernelCall, Operand } from '../op.ts';

/** c[m, n] = Σ over k of a[k, m] · b[k, n]. All lengths in elements, rows and columns whole vec4s. */
export interface Products {
  readonly a: Operand;
  readonly b: Operand;
  readonly c: Operand;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Distance in b from one k to the next, in c from one row to the next; the columns when not given. */
  readonly bDepth?: number;
  readonly cRow?: number;
  /** Columns lie in blocks of so many, so far apart. */
  readonly blocks?: { readonly columns: number; readonly b: number; readonly c: number };
  /** How many pairs of matrices, and the distances from one to the next. */
  readonly batch?: { readonly count: number; readonly a: number; readonly b: number; readonly c: number };
}

/** Matrices of 16 rows or 32 columns leave half of a large tile idle; short sums are not worth a pipeline more. */
const LONG = 64;

/** The call that computes products, which needs subgroups of 8. */
export function products({ a, b, c, rows, columns, depth, batch, ...given }: Products): KernelCall {
  const { bDepth = columns, cRow = columns, blocks = { columns, b: 0, c: 0 } } = given;
  const ROWS = rows <= 16 && depth >= LONG ? 16 : 32;
  const WIDE = columns <= 32 && depth >= LONG ? 1 : 2;
  return {
    shader,
    entry: 'multiply',
    constants: { ROWS, WIDE },
    bind: { a, b, c },
    sizes: {
      rows: rows / 4,
      columns: columns / 4,
      depth,
      blockColumns: blocks.columns / 4,
      aBatch: (batch?.a ?? 0) / 4,
      bDepth: bDepth / 4,
      bBlock: blocks.b / 4,
      bBatch: (batch?.b ?? 0) / 4,
      cRow: cRow / 4,
      cBlock: blocks.c / 4,
      cBatch: (batch?.c ?? 0) / 4,
    },
    grid: [Math.ceil(rows / ROWS), Math.ceil(columns / (32 * WIDE)), batch?.count ?? 1],
  };
}
