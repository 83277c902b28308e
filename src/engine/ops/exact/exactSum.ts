import totalShader from '../../../shaders/exact/sum.total.wgsl';
import sumShader from '../../../shaders/exact/sum.wgsl';
import { ShapeError } from '../../errors.ts';
import { checkedAxes } from '../../graph/axes.ts';
import { defineOp, literal } from '../../graph/graph.ts';
import type { KernelCall, Node } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { type Reduction, reductionOf } from '../reduce/kernels.ts';
import { type ExactProduct, longKernel } from './exactMatmul.kernels.ts';
import { viewOf } from './matrix.ts';
import { depthBits, measureRange, PARTS } from './range.ts';

let one: Node | undefined;

/**
 * Sum of f64 over axes (all of them unless given), each the exact sum rounded once to the nearest, ties to even: so it
 * does not depend on the order. An exact zero is +0; infinities and NaN as IEEE 754 has them. Method: integers relative
 * to the lowest set bit of x (a Kulisch accumulator that is as long as x needs, up to 360 bits; beyond, all of
 * binary64).
 * @param axes may be negative, counting from the last; summed and kept axes may alternate twice, as in [N, C, H, W] → [C]
 * @throws ShapeError
 */
export function exactSum(x: Node, axes?: readonly number[]): Node {
  one ??= literal(Float64Array.of(1), [1], 'f64');
  const named = checkedAxes('exactSum', x, axes ?? x.shape.map((_, axis) => axis));
  return sumOp([one, x], { axes: named });
}

/** Limbs of the accumulator: groups of six, of which only those are added to that x reaches. */
const LIMBS = 18;
const LIMB_BITS = 20;

/** Numbers that one invocation adds, and most invocations of a sum: a thousand limbs of 20 bits fit into an i32. */
const NUMBERS = 128;
const MOST_PARTS = 1000;

const sumOp = defineOp<{ readonly axes: readonly number[] }>({
  name: 'exactSum',
  infer([, x], { axes }) {
    if (x.dtype !== 'f64') throw new ShapeError(`exactSum: ${describe(x)} is not f64`);
    if (reductionOf(x.shape, axes) === null)
      throw new ShapeError(`exactSum: the axes [${axes.join(', ')}] of ${describe(x)} lie too scattered`);
    return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), dtype: 'f64' };
  },
  derivative: null,
  kernel: ({ inputs: [ones, x], output, attributes, scratch }) => {
    const form = reductionOf(x.shape, attributes.axes) as Reduction;
    const { reduced, kept, inner } = form;
    const product = asProduct(form);
    const outputs = product.b.length;
    const parts = Math.min(MOST_PARTS, Math.ceil(product.depth / NUMBERS));
    const { ranges, call } = measureRange(x, scratch);
    const plan = scratch({ shape: [8], dtype: 'u32' });
    const partial = scratch({ shape: [LIMBS, outputs * parts], dtype: 'i32' });
    const constants = { PARTS, LIMBS, LIMB_BITS };
    const sumKernel = (entry: string, bind: KernelCall['bind'], invocations: number): KernelCall => ({
      shader: sumShader,
      entry,
      constants,
      bind,
      sizes: {
        depth: product.depth,
        depthBits: depthBits(product.depth),
        outputs,
        parts,
        reduced,
        kept,
        inner,
      },
      grid: gridOver(invocations),
    });
    return [
      call,
      { ...sumKernel('choose', { ranges, plan }, 1), auxiliary: true },
      sumKernel('accumulate', { x, chosen: plan, partial }, outputs * parts),
      {
        shader: totalShader,
        entry: 'total',
        constants,
        bind: { plan, partial, a: ones, b: x, y: output },
        sizes: { aView: viewOf(product.a), bView: viewOf(product.b), depth: product.depth, outputs, parts },
        grid: gridOver(outputs),
        auxiliary: true,
      },
      longKernel({ plan, a: ones, b: x, y: output }, product),
    ];
  },
  cost: ({ inputs: [, x], output }) => ({ flops: x.size, bytes: x.bytes + output.bytes }),
});

/** The sum as a product of a number 1 with x, of which the kernels for rare cases make sums. */
function asProduct({ outer, reduced, kept, inner }: Reduction): ExactProduct {
  const kLengths = [reduced, inner] as const;
  const length = outer * kept;
  return {
    a: { kLengths, jLengths: [1, 1], steps: [0, 0, 0, 0], extent: [reduced, inner], along: [1, 0], length: 1 },
    b: {
      kLengths,
      jLengths: [1, kept],
      steps: [0, reduced * kept * inner, kept * inner, 1],
      extent: [reduced, kept * inner],
      along: [1, inner],
      length,
    },
    depth: reduced * inner,
    output: { rowStep: 0, lengths: [1, length], steps: [0, 0, 1] },
  };
}
