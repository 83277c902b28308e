import shader from '../../../shaders/reduce/argmax.wgsl';
import { ShapeError } from '../../errors.ts';
import { axesToEnd, checkedAxes, keptDimensions } from '../../graph/axes.ts';
import { formats, isWide, type WideDType } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import { describe, elements, type TensorType } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { cast, divide, equal, fill, multiply, negate, scale, where, zeros } from '../elementwise/elementwise.ts';
import { reshape, transpose } from '../shape/shape.ts';
import { type Combination, type Reduction, reductionKernels, reductionOf } from './kernels.ts';
import { addition, expand, sum } from './sum.ts';

const meanOp = defineOp<{ axes: readonly number[] }>({
  name: 'mean',
  infer([x], { axes }) {
    return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), dtype: x.dtype };
  },
  // Scaled when it is as large as x: then the kernel that reads it does that as well.
  derivative: ({ inputs: [x], output, gradient, attributes: { axes } }) => [
    scale(expand(reshape(gradient, keptDimensions(x.shape, axes)), x.shape), output.size / x.size),
  ],
  kernel: (context) => {
    const { inputs, output, attributes } = context;
    const [x] = inputs;
    const form = reductionOf(x.shape, attributes.axes) as Reduction;
    return reductionKernels(context, x, output, form, addition, output.size / x.size);
  },
  cost: ({ inputs: [x], output }) => ({ flops: x.size, bytes: x.bytes + output.bytes }),
});

/**
 * Mean over axes (all of them unless given); in f64 the exact sum, rounded, by their number.
 * @param keepDims keeps them with length 1
 * @throws ShapeError for whole numbers: cast them first
 */
export function mean(x: Node, axes?: readonly number[], { keepDims = false } = {}): Node {
  checkFloating('mean', x);
  const named = checkedAxes('mean', x, axes ?? x.shape.map((_, axis) => axis));
  const long = named.filter((axis) => x.shape[axis] > 1);
  if (!isWide(x.dtype) && long.length > 0 && reductionOf(x.shape, long) !== null) {
    const shape = keepDims ? keptDimensions(x.shape, named) : x.shape.filter((_, axis) => !named.includes(axis));
    return reshape(meanOp([x], { axes: long }), shape);
  }
  const total = sum(x, named, { keepDims });
  if (total.size === x.size) return total;
  // A quotient is rounded once, 1 / n and the product twice.
  if (isWide(x.dtype)) return divide(total, fill(total.shape, x.size / total.size, x.dtype));
  return scale(total, total.size / x.size);
}

type AxesOp = Op<{ axes: readonly number[] }>;

function checkFloating(name: string, x: TensorType): void {
  if (!formats[x.dtype].floating) throw new ShapeError(`${name} takes floating-point numbers, not ${describe(x)}`);
}

/** `better`: whether b replaces a; NaN replaces every number and stays. `identity`: the worst of all values. */
const extremum = (name: string, better: string, betterWide: (T: WideDType) => string, identity: number): AxesOp => {
  const combination: Combination = {
    // NaN is recognised by its bits: on Vulkan `b != b` is false for it.
    expression: (bits) =>
      `select(a, b, (b ${better} a) | ((bitcast<${bits}>(b) & ${bits}(0x7fffffffu)) > ${bits}(0x7f800000u)))`,
    wide: (T) => `select(a, b, ${betterWide(T)} || ${T}_is_nan(b))`,
    identity,
  };
  return defineOp<{ axes: readonly number[] }>({
    name,
    infer([x], { axes }) {
      checkFloating(name, x);
      return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), dtype: x.dtype };
    },
    derivative({ inputs: [x], output, gradient, attributes: { axes } }) {
      const kept = keptDimensions(x.shape, axes);
      const attained = equal(x, reshape(output, kept));
      const share = divide(reshape(gradient, kept), sum(cast(attained, x.dtype), axes, { keepDims: true }));
      return [where(attained, expand(share, x.shape), zeros(x))];
    },
    kernel: (context) => {
      const [x] = context.inputs;
      const form = reductionOf(x.shape, context.attributes.axes) as Reduction;
      return reductionKernels(context, x, context.output, form, combination);
    },
    cost: ({ inputs: [x], output }) => ({ flops: x.size, bytes: x.bytes + output.bytes }),
  });
};

const maxOp = extremum('max', '>', (T) => `${T}_less(a, b)`, Number.NEGATIVE_INFINITY);
const minOp = extremum('min', '<', (T) => `${T}_less(b, a)`, Number.POSITIVE_INFINITY);

function reduceBy(op: AxesOp, x: Node, axes: readonly number[] | undefined, keepDims: boolean): Node {
  const named = checkedAxes(op.definition.name, x, axes ?? x.shape.map((_, axis) => axis));
  const kept = keptDimensions(x.shape, named);
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !named.includes(axis));
  const long = named.filter((axis) => x.shape[axis] > 1);
  if (long.length === 0) return reshape(x, shape);
  if (reductionOf(x.shape, long) !== null) return reshape(op([x], { axes: long }), shape);
  // Scattered axes go to the end, so that one op sees all ties.
  const first = x.shape.length - long.length;
  return reshape(op([transpose(x, axesToEnd(x, long))], { axes: long.map((_, i) => first + i) }), shape);
}

/** Largest value over axes (all of them unless given); NaN if there is one. Its gradient is shared equally by ties, as in JAX. */
export const max = (x: Node, axes?: readonly number[], { keepDims = false } = {}): Node =>
  reduceBy(maxOp, x, axes, keepDims);

/** Smallest value over axes (all of them unless given); NaN if there is one. Its gradient is shared equally by ties, as in JAX. */
export const min = (x: Node, axes?: readonly number[], { keepDims = false } = {}): Node =>
  reduceBy(minOp, x, axes, keepDims);

const multiplication: Combination = {
  expression: () => 'a * b',
  wide: (T) => `${T}_mul(a, b)`,
  identity: 1,
};

const prodOp: AxesOp = defineOp<{ axes: readonly number[] }>({
  name: 'prod',
  infer([x], { axes }) {
    if (x.dtype === 'bool') throw new ShapeError(`prod: ${describe(x)} holds no numbers; cast it first`);
    return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), dtype: x.dtype };
  },
  // The product of all others: without the zeros where x is the only one, 0 where others are.
  derivative({ inputs: [x], gradient, attributes: { axes } }) {
    const isZero = equal(x, zeros(x));
    const others = prod(where(isZero, fill([], 1, x.dtype), x), axes, { keepDims: true });
    const count = sum(cast(isZero, x.dtype), axes, { keepDims: true });
    const alone = where(equal(count, fill([], 1, x.dtype)), others, zeros(others));
    const none = where(equal(count, zeros(count)), others, zeros(others));
    const share = where(isZero, alone, divide(none, where(isZero, fill([], 1, x.dtype), x)));
    return [multiply(reshape(gradient, keptDimensions(x.shape, axes)), share)];
  },
  kernel: (context) => {
    const [x] = context.inputs;
    const form = reductionOf(x.shape, context.attributes.axes) as Reduction;
    return reductionKernels(context, x, context.output, form, multiplication);
  },
  cost: ({ inputs: [x], output }) => ({ flops: x.size, bytes: x.bytes + output.bytes }),
});

/**
 * Product over axes (all of them unless given), always in the same order. Its gradient is right where there are zeros; a gradient of the
 * gradient is so where there is at most one.
 */
export const prod = (x: Node, axes?: readonly number[], { keepDims = false } = {}): Node =>
  reduceBy(prodOp, x, axes, keepDims);

const argmaxOp = defineOp<{ axis: number }>({
  name: 'argmax',
  infer([x], { axis }) {
    checkFloating('argmax', x);
    return { shape: x.shape.filter((_, other) => other !== axis), dtype: 'i32' };
  },
  derivative: null,
  kernel: ({ inputs: [x], output, attributes: { axis } }) => ({
    shader,
    entry: 'argmax',
    constants: { T: x.dtype },
    bind: { x, y: output },
    sizes: { outputs: output.size, length: x.shape[axis], inner: elements(x.shape.slice(axis + 1)) },
    grid: gridOver(output.size),
  }),
  cost: ({ inputs: [x], output }) => ({ flops: x.size, bytes: x.bytes + output.bytes }),
});

/** Index (i32) of the largest value along an axis: the first of equals; NaN counts as largest, as in NumPy. No derivative. */
export const argmax = (x: Node, axis: number): Node => argmaxOp([x], { axis: checkedAxes('argmax', x, [axis])[0] });

/** Index (i32) of the smallest value along an axis: the first of equals; NaN counts as smallest, as in NumPy. No derivative. */
export const argmin = (x: Node, axis: number): Node => argmax(negate(x), axis);
