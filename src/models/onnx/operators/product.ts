import { add, matmul, type Node, reshape, scale } from '../../../engine/index.ts';
import type { Call } from '../graph/call.ts';
import { defineOperator, type Operator } from './defineOperator.ts';
import { einsum } from './einsum.ts';

/** Matrix products. */

function gemm(call: Call): Node {
  const [transposeA, transposeB] = [call.int('transA', 0) !== 0, call.int('transB', 0) !== 0];
  const product = scaled(matmul(call.node(0), call.weight(1), { transposeA, transposeB }), call.float('alpha', 1));
  return call.has(2) ? add(product, scaled(call.node(2), call.float('beta', 1))) : product;
}

const scaled = (x: Node, factor: number): Node => (factor === 1 ? x : scale(x, factor));

/** a [..., M, K] · b [..., K, N] as NumPy's: an operand of one axis is a row or a column, which the result does not have. */
export function product(a: Node, b: Node): Node {
  if (a.shape.length === 1) {
    const rows = product(reshape(a, [1, ...a.shape]), b);
    return reshape(rows, rows.shape.toSpliced(b.shape.length === 1 ? 0 : -2, 1));
  }
  if (b.shape.length === 1) {
    const columns = product(a, reshape(b, [...b.shape, 1]));
    return reshape(columns, columns.shape.slice(0, -1));
  }
  if (a.shape.length === 2 || b.shape.length > 2) return matmul(a, b);
  // One matrix for the whole batch: a taller product.
  const depth = a.shape[a.shape.length - 1];
  const flat = matmul(reshape(a, [a.size / depth, depth]), b);
  return reshape(flat, [...a.shape.slice(0, -1), b.shape[1]]);
}

export const products: readonly Operator[] = [
  defineOperator({ name: 'Gemm', since: [6, 7], lower: (call) => call.output(gemm(call)) }),
  defineOperator({
    name: 'MatMul',
    since: [6],
    lower: (call) => call.output(product(call.weight(0), call.weight(1))),
  }),
  defineOperator({
    name: 'Einsum',
    since: [12],
    without: 'more than two operands; a letter twice in one operand',
    lower: (call) => call.output(einsum(call)),
  }),
];
