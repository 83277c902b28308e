import { ShapeError } from '../../errors.ts';
import { formats } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import { describe, elements, type TensorType } from '../../graph/shape.ts';
import { chosenFrom } from '../../kernels/variants.ts';
import { add } from '../elementwise/elementwise.ts';
import { exactMatmul } from '../exact/exactMatmul.ts';
import { reshape } from '../shape/shape.ts';
import { inBatches, sumOverBatch } from './batch.ts';
import type { MatmulAttributes, Product } from './layout.ts';
import { inSlices } from './slices.ts';
import { variants } from './variants.ts';

export interface MatmulOptions {
  /** Whether the matrices of `a` are [K, M]. */
  readonly transposeA?: boolean;
  /** Whether the matrices of `b` are [N, K]. */
  readonly transposeB?: boolean;
}

/**
 * Matrix product: a [M, K] · b [K, N] → [M, N], or products of several matrices: a […, M, K] · b […, K, N] → […, M, N], whose leading
 * axes broadcast as NumPy's do. Transposed operands cost little or nothing. In f64 every element is the exact sum rounded once: see
 * `exactMatmul`.
 * @throws ShapeError
 */
export function matmul(a: Node, b: Node, { transposeA = false, transposeB = false }: MatmulOptions = {}): Node {
  const options = { transposeA, transposeB };
  const single = a.dtype === 'f64' ? exactMatmul : (x: Node, y: Node) => multiply([x, y], options);
  if (a.shape.length <= 2 && b.shape.length <= 2) return single(a, b, options);
  if (a.shape.length < 2 || b.shape.length < 2)
    throw wrong(a, b, options, 'both operands are matrices or batches of them');
  const isShared = elements(b.shape.slice(0, -2)) === 1 && b.shape.length <= a.shape.length;
  if (isShared && !transposeA) {
    // One matrix with the rows of all.
    const [depth] = a.shape.slice(-1);
    const product = single(reshape(a, [a.size / depth, depth]), reshape(b, b.shape.slice(-2)), options);
    return reshape(product, [...a.shape.slice(0, -1), ...product.shape.slice(1)]);
  }
  return inBatches(a, b, (x, y) => single(x, y, options));
}

/**
 * A fully connected layer, x · weightᵀ + bias: x […, in], weight [out, in] (PyTorch's layout), bias [out] → […, out].
 * @throws ShapeError
 */
export function linear(x: Node, weight: Node, bias: Node): Node {
  const product = matmul(x, weight, { transposeB: true });
  const outputs = product.shape[product.shape.length - 1];
  if (bias.shape.length !== 1 || bias.shape[0] !== outputs)
    throw new ShapeError(`linear: the bias of ${outputs} outputs is not ${describe(bias)}`);
  return add(product, bias);
}

const wrong = (a: TensorType, b: TensorType, { transposeA, transposeB }: MatmulAttributes, why: string) =>
  new ShapeError(`matmul(${describe(a)}${transposeA ? 'ᵀ' : ''}, ${describe(b)}${transposeB ? 'ᵀ' : ''}): ${why}`);

/** Sizes of a product of matrices, or of as many as a batch [B, …] holds, where an operand with a single one has it in all products. */
function measure(a: TensorType, b: TensorType, attributes: MatmulAttributes): Product {
  const { transposeA, transposeB } = attributes;
  const rank = a.shape.length;
  if (rank < 2 || rank > 3 || b.shape.length !== rank) throw wrong(a, b, attributes, 'both operands are matrices');
  if (a.dtype !== b.dtype || !formats[a.dtype].floating)
    throw wrong(a, b, attributes, 'both operands are of one floating-point format');
  const [first, second] = [a.shape.slice(-2), b.shape.slice(-2)];
  const [rows, depth] = transposeA ? [first[1], first[0]] : first;
  const [depthOfB, columns] = transposeB ? [second[1], second[0]] : second;
  if (depth !== depthOfB) throw wrong(a, b, attributes, `the inner lengths are ${depth} and ${depthOfB}`);
  const product = { rows, columns, depth, dtype: a.dtype };
  if (rank === 2) return product;
  return { ...product, batch: { count: Math.max(a.shape[0], b.shape[0]), a: a.shape[0], b: b.shape[0] } };
}

const multiply: Op<MatmulAttributes> = defineOp({
  name: 'matmul',
  infer: ([a, b], attributes) => {
    const { rows, columns, batch } = measure(a, b, attributes);
    return { shape: [...(batch ? [batch.count] : []), rows, columns], dtype: a.dtype };
  },
  derivative: ({ inputs: [a, b], gradient, attributes: { transposeA, transposeB } }) => [
    sumOverBatch(
      transposeA
        ? matmul(b, gradient, { transposeA: transposeB, transposeB: true })
        : matmul(gradient, b, { transposeB: !transposeB }),
      a,
    ),
    sumOverBatch(
      transposeB
        ? matmul(gradient, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, gradient, { transposeA: !transposeA }),
      b,
    ),
  ],
  ...chosenFrom(variants, ({ inputs: [a, b], attributes }) => measure(a, b, attributes)),
  inSlices: (operands, attributes, most) => inSlices(operands, attributes, most, multiply),
  cost: ({ inputs: [a, b], output, attributes }) => {
    const { rows, columns, depth, batch } = measure(a, b, attributes);
    return { flops: 2 * (batch?.count ?? 1) * rows * columns * depth, bytes: a.bytes + b.bytes + output.bytes };
  },
});
