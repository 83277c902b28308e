import { ShapeError } from '../../errors.ts';
import { defineOp, literal } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import { describe, type TensorType } from '../../graph/shape.ts';
import { moduli, POWERS, residueTable } from '../../numbers/residues.ts';
import { sumOverBatch } from '../matmul/batch.ts';
import { exactProductKernels } from './exactMatmul.kernels.ts';
import { strided } from './matrix.ts';

export interface ExactMatmulOptions {
  /** `a` is given as [K, M]. */
  readonly transposeA?: boolean;
  /** `b` is given as [N, K]. */
  readonly transposeB?: boolean;
}

type Attributes = Required<ExactMatmulOptions>;

let table: Node | undefined;

/** The constants that kernels of exact products read: one literal of every graph that has such a product. */
export function residueConstants(): Node {
  table ??= literal(residueTable(), [(POWERS * moduli.length) / 2], 'u32');
  return table;
}

/**
 * Matrix product of f64: a [M, K] · b [K, N] → [M, N], or products of several: a [B, M, K] · b [B, K, N] → [B, M, N], where an operand
 * with B = 1 has its matrix in all products. Each element is the exact sum of the exact products, rounded once
 * to the nearest, ties to even. So it does not depend on the order of the sum, on tiles, or on the device. An exact
 * zero is +0; infinities and NaN as IEEE 754 has them. Method: residues modulo coprime integers, multiplied in i32
 * (Ozaki, Uchino and Imamura 2024, "Ozaki scheme II"), with all bits.
 * @throws ShapeError
 */
export function exactMatmul(
  a: Node,
  b: Node,
  { transposeA = false, transposeB = false }: ExactMatmulOptions = {},
): Node {
  return multiply([a, b, residueConstants()], { transposeA, transposeB });
}

const multiply: Op<Attributes> = defineOp({
  name: 'exactMatmul',
  infer: ([a, b], attributes) => {
    const { rows, columns, batch } = measure(a, b, attributes);
    return { shape: [...(batch ? [batch.count] : []), rows, columns], dtype: 'f64' };
  },
  derivative: ({ inputs: [a, b], gradient, attributes: { transposeA, transposeB } }) => [
    sumOverBatch(
      transposeA
        ? exactMatmul(b, gradient, { transposeA: transposeB, transposeB: true })
        : exactMatmul(gradient, b, { transposeB: !transposeB }),
      a,
    ),
    sumOverBatch(
      transposeB
        ? exactMatmul(gradient, a, { transposeA: true, transposeB: transposeA })
        : exactMatmul(a, gradient, { transposeA: !transposeA }),
      b,
    ),
    null,
  ],
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [a, b, constants] = inputs;
    const { rows, columns, depth, batch } = measure(a, b, attributes);
    const left = attributes.transposeA ? strided(rows, rows, 1) : strided(rows, 1, depth);
    const right = attributes.transposeB ? strided(columns, 1, depth) : strided(columns, columns, 1);
    const products = Array.from({ length: batch?.count ?? 1 }, (_, i) => ({
      a: { ...left, base: batch?.a === 1 ? 0 : i * rows * depth },
      b: { ...right, base: batch?.b === 1 ? 0 : i * depth * columns },
      depth,
      output: { base: i * rows * columns, rowStep: columns, lengths: [1, columns], steps: [0, 0, 1] } as const,
    }));
    return exactProductKernels(context, a, b, constants, output, products);
  },
  cost: ({ inputs: [a, b], output, attributes }) => {
    const { rows, columns, depth, batch } = measure(a, b, attributes);
    return { flops: 2 * (batch?.count ?? 1) * rows * columns * depth, bytes: a.bytes + b.bytes + output.bytes };
  },
});

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly batch?: { readonly count: number; readonly a: number; readonly b: number };
}

function measure(a: TensorType, b: TensorType, { transposeA, transposeB }: Attributes): Sizes {
  const wrong = (why: string) =>
    new ShapeError(
      `exactMatmul(${describe(a)}${transposeA ? 'ᵀ' : ''}, ${describe(b)}${transposeB ? 'ᵀ' : ''}): ${why}`,
    );
  const rank = a.shape.length;
  if (rank < 2 || rank > 3 || b.shape.length !== rank) throw wrong('both operands are matrices');
  if (a.dtype !== 'f64' || b.dtype !== 'f64') throw wrong('both operands are f64');
  const [first, second] = [a.shape.slice(-2), b.shape.slice(-2)];
  const [rows, depth] = transposeA ? [first[1], first[0]] : first;
  const [depthOfB, columns] = transposeB ? [second[1], second[0]] : second;
  if (depth !== depthOfB) throw wrong(`the inner lengths are ${depth} and ${depthOfB}`);
  if (rank === 2) return { rows, columns, depth };
  const batch = { count: Math.max(a.shape[0], b.shape[0]), a: a.shape[0], b: b.shape[0] };
  if (Math.min(batch.a, batch.b) !== 1 && batch.a !== batch.b)
    throw wrong(`there are ${batch.a} and ${batch.b} matrices`);
  return { rows, columns, depth, batch };
}
