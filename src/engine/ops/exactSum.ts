import { checkedAxes } from '../axes.ts';
import { ShapeError } from '../errors.ts';
import { describe, literal, type Node } from '../graph.ts';
import { defineOp } from '../op.ts';
import { exactProductKernels } from './exactMatmul.kernel.ts';
import { residueConstants } from './exactMatmul.ts';
import { type Reduction, reductionOf } from './reduce.kernel.ts';

let one: Node | undefined;

/**
 * Sum of f64 over axes (all of them unless given), each the exact sum rounded once to the nearest, ties to even: a product with ones, see
 * `exactMatmul`. An exact zero is +0.
 * @param axes may be negative, counting from the last; summed and kept axes may alternate twice, as in [N, C, H, W] → [C]
 * @throws ShapeError
 */
export function exactSum(x: Node, axes?: readonly number[]): Node {
  one ??= literal(Float64Array.of(1), [1], 'f64');
  const named = checkedAxes('exactSum', x, axes ?? x.shape.map((_, axis) => axis));
  return sumOp([one, x, residueConstants()], { axes: named });
}

const sumOp = defineOp<{ readonly axes: readonly number[] }>({
  name: 'exactSum',
  infer([, x], { axes }) {
    if (x.dtype !== 'f64') throw new ShapeError(`exactSum: ${describe(x)} is not f64`);
    if (reductionOf(x.shape, axes) === null)
      throw new ShapeError(`exactSum: the axes [${axes.join(', ')}] of ${describe(x)} lie too scattered`);
    return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), dtype: 'f64' };
  },
  derivative: null,
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [ones, x, constants] = inputs;
    const { outer, reduced, kept, inner } = reductionOf(x.shape, attributes.axes) as Reduction;
    return exactProductKernels(context, ones, x, constants, output, {
      a: {
        kLengths: [reduced, inner],
        jLengths: [1, 1],
        steps: [0, 0, 0, 0],
        extent: [reduced, inner],
        along: [1, 0],
        length: 1,
      },
      b: {
        kLengths: [reduced, inner],
        jLengths: [1, kept],
        steps: [0, reduced * kept * inner, kept * inner, 1],
        extent: [reduced, kept * inner],
        along: [1, inner],
        length: outer * kept,
      },
      depth: reduced * inner,
      output: { rowStep: 0, run: outer * kept, runStep: 0 },
    });
  },
  cost: ({ inputs: [, x], output }) => ({ flops: x.size, bytes: x.bytes + output.bytes }),
});
