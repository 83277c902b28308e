import { add, matmul, type Node, reshape, scale } from '../../../engine/index.ts';
import type { Call } from '../graph/call.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Matrix products. */

function gemm(call: Call): Node {
  const [transposeA, transposeB] = [call.int('transA', 0) !== 0, call.int('transB', 0) !== 0];
  const product = scaled(matmul(call.node(0), call.weight(1), { transposeA, transposeB }), call.float('alpha', 1));
  return call.has(2) ? add(product, scaled(call.node(2), call.float('beta', 1))) : product;
}

const scaled = (x: Node, factor: number): Node => (factor === 1 ? x : scale(x, factor));

/** a [..., M, K] · b [K, N]. */
function product(call: Call): Node {
  const [a, b] = [call.weight(0), call.weight(1)];
  if (a.shape.length === 2 && b.shape.length === 2) return matmul(a, b);
  if (b.shape.length !== 2 || a.shape.length < 2) return call.fail('products of batches of matrices are not supported');
  const depth = a.shape[a.shape.length - 1];
  const flat = matmul(reshape(a, [a.size / depth, depth]), b);
  return reshape(flat, [...a.shape.slice(0, -1), b.shape[1]]);
}

export const products: readonly Operator[] = [
  defineOperator({ name: 'Gemm', since: [7], lower: (call) => call.output(gemm(call)) }),
  defineOperator({ name: 'MatMul', since: [7], lower: (call) => call.output(product(call)) }),
];
