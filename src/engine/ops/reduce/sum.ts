import { ShapeError } from '../../errors.ts';
import { axesToEnd, checkedAxes, keptDimensions } from '../../graph/axes.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node } from '../../graph/op.ts';
import { describe, type Shape, sameShape } from '../../graph/shape.ts';
import { defineRearrangement } from '../elementwise/fused.ts';
import { exactSum } from '../exact/exactSum.ts';
import { reshape, transpose } from '../shape/shape.ts';
import { type Combination, type Reduction, reductionKernels, reductionOf } from './kernels.ts';

export const addition: Combination = {
  expression: () => 'a + b',
  wide: (T) => `${T}_add(a, b)`,
  identity: 0,
};

const sumOp = defineOp<{ axes: readonly number[] }>({
  name: 'sum',
  infer([x], { axes }) {
    if (x.dtype === 'bool') throw new ShapeError(`sum: ${describe(x)} holds no numbers; cast it first`);
    return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), dtype: x.dtype };
  },
  derivative: ({ inputs: [x], gradient, attributes: { axes } }) => [
    expand(reshape(gradient, keptDimensions(x.shape, axes)), x.shape),
  ],
  composite: ([x], { axes }) => (x.dtype === 'f64' ? exactSum(x, axes) : null),
  kernel: (context) => {
    const [x] = context.inputs;
    const form = reductionOf(x.shape, context.attributes.axes) as Reduction;
    return reductionKernels(context, x, context.output, form, addition);
  },
  cost: ({ inputs: [x], output }) => ({ flops: x.size, bytes: x.bytes + output.bytes }),
});

/**
 * Sum over axes (all of them unless given), always in the same order: the result does not depend on timing. In f64 it is the exact sum,
 * rounded once.
 * @param axes may be negative, counting from the last
 * @param keepDims keeps the summed axes with length 1
 */
export function sum(x: Node, axes?: readonly number[], { keepDims = false } = {}): Node {
  const named = checkedAxes('sum', x, axes ?? x.shape.map((_, axis) => axis));
  const shape = keepDims ? keptDimensions(x.shape, named) : x.shape.filter((_, axis) => !named.includes(axis));
  const long = named.filter((axis) => x.shape[axis] > 1);
  return reshape(sumLong(x, long), shape);
}

/** Sums axes of more than one element, in as many kernels as their positions demand. */
function sumLong(x: Node, axes: readonly number[]): Node {
  if (axes.length === 0) return x;
  if (reductionOf(x.shape, axes) !== null) return sumOp([x], { axes });
  if (x.dtype === 'f64') {
    // A sum of sums would be rounded more than once.
    const kept = x.shape.length - axes.length;
    return sumOp([transpose(x, axesToEnd(x, axes))], { axes: axes.map((_, i) => kept + i) });
  }
  const last = axes[axes.length - 1];
  return sumLong(sumOp([x], { axes: [last] }), axes.slice(0, -1));
}

const expandOp = defineRearrangement<{ shape: Shape }>({
  name: 'expand',
  infer([x], { shape }) {
    const fits = x.shape.length === shape.length && x.shape.every((length, i) => length === 1 || length === shape[i]);
    if (!fits) throw new ShapeError(`expand: ${describe(x)} cannot become [${shape.join(', ')}]`);
    return { shape, dtype: x.dtype };
  },
  view: ({ offset, strides }, x) => ({
    offset,
    strides: strides.map((stride, axis) => (x.shape[axis] === 1 ? 0 : stride)),
  }),
  derivative: ({ inputs: [x], gradient }) => {
    const axes = x.shape.flatMap((length, axis) => (length !== gradient.shape[axis] ? [axis] : []));
    return [sum(gradient, axes, { keepDims: true })];
  },
});

/**
 * Repeats x along its axes of length 1, and along new axes in front, as NumPy broadcasts.
 * @throws ShapeError when x does not broadcast to `shape`
 */
export function expand(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const missing = shape.length - x.shape.length;
  if (missing < 0) throw new ShapeError(`expand: ${describe(x)} cannot become [${shape.join(', ')}]`);
  const aligned = reshape(x, [...Array<number>(missing).fill(1), ...x.shape]);
  return sameShape(aligned.shape, shape) ? aligned : expandOp([aligned], { shape: [...shape] });
}
