import { ShapeError } from '../../errors.ts';
import { defineOp, literal } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import { describe, type TensorType } from '../../graph/shape.ts';
import { moduli, POWERS, residueTable } from '../../numbers/residues.ts';
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
 * Matrix product of f64: a [M, K] · b [K, N] → [M, N], each element the exact sum of the exact products, rounded once
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
    const { rows, columns } = measure(a, b, attributes);
    return { shape: [rows, columns], dtype: 'f64' };
  },
  derivative: ({ inputs: [a, b], gradient, attributes: { transposeA, transposeB } }) => [
    transposeA
      ? exactMatmul(b, gradient, { transposeA: transposeB, transposeB: true })
      : exactMatmul(gradient, b, { transposeB: !transposeB }),
    transposeB
      ? exactMatmul(gradient, a, { transposeA: true, transposeB: transposeA })
      : exactMatmul(a, gradient, { transposeA: !transposeA }),
    null,
  ],
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [a, b, constants] = inputs;
    const { rows, columns, depth } = measure(a, b, attributes);
    return exactProductKernels(context, a, b, constants, output, [
      {
        a: attributes.transposeA ? strided(rows, rows, 1) : strided(rows, 1, depth),
        b: attributes.transposeB ? strided(columns, 1, depth) : strided(columns, columns, 1),
        depth,
        output: { rowStep: columns, lengths: [1, columns], steps: [0, 0, 1] },
      },
    ]);
  },
  cost: ({ inputs: [a, b], output, attributes }) => {
    const { rows, columns, depth } = measure(a, b, attributes);
    return { flops: 2 * rows * columns * depth, bytes: a.bytes + b.bytes + output.bytes };
  },
});

function measure(a: TensorType, b: TensorType, { transposeA, transposeB }: Attributes) {
  const wrong = (why: string) =>
    new ShapeError(
      `exactMatmul(${describe(a)}${transposeA ? 'ᵀ' : ''}, ${describe(b)}${transposeB ? 'ᵀ' : ''}): ${why}`,
    );
  if (a.shape.length !== 2 || b.shape.length !== 2) throw wrong('both operands are matrices');
  if (a.dtype !== 'f64' || b.dtype !== 'f64') throw wrong('both operands are f64');
  const [rows, depth] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  const [depthOfB, columns] = transposeB ? [b.shape[1], b.shape[0]] : b.shape;
  if (depth !== depthOfB) throw wrong(`the inner lengths are ${depth} and ${depthOfB}`);
  return { rows, columns, depth };
}
