import type { DType } from '../../graph/dtype.ts';
import type { KernelContext, Operand } from '../../graph/op.ts';

/** Which operands of a product are given transposed. */
export type MatmulAttributes = { readonly transposeA: boolean; readonly transposeB: boolean };

export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly dtype: DType;
  /** How many products there are; matrices of an operand, 1 where all products read the same one. Not given: a single product. */
  readonly batch?: { readonly count: number; readonly a: number; readonly b: number };
}

/** How the elements of an operand lie: `length` rows or columns for each of K positions, with their strides. */
export interface Layout {
  readonly operand: Operand;
  readonly length: number;
  readonly step: number;
  readonly depthStep: number;
  /** How many matrices the operand holds, and the distance from that of one product to that of the next. */
  readonly matrices: number;
  readonly apart: number;
}

function layout(
  operand: Operand,
  alongDepth: boolean,
  length: number,
  { depth, matrices = 1 }: { readonly depth: number; readonly matrices?: number },
): Layout {
  const [step, depthStep] = alongDepth ? [depth, 1] : [1, length];
  return { operand, length, step, depthStep, matrices, apart: matrices === 1 ? 0 : length * depth };
}

/** Where a and b lie as they are given. */
export const layouts = (
  { rows, columns, depth, batch }: Product,
  { inputs: [a, b], attributes }: KernelContext<MatmulAttributes>,
): [Layout, Layout] => [
  layout(a, !attributes.transposeA, rows, { depth, matrices: batch?.a }),
  layout(b, attributes.transposeB, columns, { depth, matrices: batch?.b }),
];

/** The constant of kernels that compute several products. */
export const batchConstant = ({ batch }: Product): Record<string, number> => (batch === undefined ? {} : { BATCH: 1 });

/** How many products there are. */
export const countOf = ({ batch }: Product): number => batch?.count ?? 1;
