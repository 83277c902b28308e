import { describe, expect, it } from 'vitest';
import type { Node } from '../../../src/engine/graph/op.ts';
import { batchNormInference, batchNormStatistics } from '../../../src/engine/ops/batchNorm/batchNorm.ts';
import * as ops from '../../../src/engine/ops/elementwise/elementwise.ts';
import { logSoftmax, softmax, softmaxCrossEntropy } from '../../../src/engine/ops/reduce/softmaxCrossEntropy.ts';
import { gradients } from '../../../src/engine/passes/gradients.ts';
import { integers, operand, run, useDevice } from '../../support/checkOp.ts';

/** Infinities and NaN where drivers' own functions, or the compilers' algebra, lose them; runs on SwiftShader, too. */
const device = useDevice();

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** The kernels for processors' eight lanes, and those for GPUs. */
const variants = [
  { variant: 'as the device chooses', capabilities: {} },
  { variant: 'without subgroups', capabilities: { subgroupsOf8: false } },
];

describe('softmax and cross entropy', () => {
  it.each(variants)(
    'gives NaN for rows that have no probabilities, and only there: $variant',
    async ({ capabilities }) => {
      const numbers = [1, 2, -3, 0.5, 4, 0, -1, 2.5, 3, -2];
      // torch 2.15.0's softmax, log_softmax, cross_entropy and its gradient are NaN at every place of the rows with `true`.
      const rows: [row: number[], isNan: boolean][] = [
        [numbers.with(0, nan), true],
        [numbers.with(9, nan), true],
        [numbers.with(4, inf), true],
        [numbers.with(3, inf).with(8, inf), true],
        [numbers.with(3, inf).with(5, -inf).with(7, nan), true],
        [Array(10).fill(nan), true],
        [Array(10).fill(-inf), true],
        [numbers, false],
        [numbers.with(2, -inf), false],
      ];
      const logits = { data: Float32Array.from(rows.flatMap(([row]) => row)), shape: [rows.length, 10] };
      const labels = integers(Array(rows.length).fill(2), [rows.length]);
      const operands = [logits, labels, operand([rows.length], 1)];
      const nans = async (build: (inputs: Node[]) => Node) =>
        Array.from(await run(device(), build, operands, capabilities), Number.isNaN);
      const throughout = rows.flatMap(([, isNan]) => Array<boolean>(10).fill(isNan));
      expect(await nans(([x]) => softmax(x))).toEqual(throughout);
      expect(await nans(([x]) => logSoftmax(x))).toEqual(throughout);
      expect(await nans(([x, y, g]) => gradients(softmaxCrossEntropy(x, y), [x], g)[0])).toEqual(throughout);
      expect(await nans(([x, y]) => softmaxCrossEntropy(x, y))).toEqual(rows.map(([, isNan]) => isNan));
    },
  );

  it('takes minus infinity for a probability of 0', async () => {
    const logits = { data: Float32Array.of(-Infinity, 1, 1, -Infinity, 1, 1), shape: [2, 3] };
    const labels = integers([0, 1], [2]);
    expect([...(await run(device(), ([x]) => softmax(x), [logits]))]).toEqual([0, 0.5, 0.5, 0, 0.5, 0.5]);
    const losses = await run(device(), ([x, y]) => softmaxCrossEntropy(x, y), [logits, labels]);
    expect([...losses]).toEqual([Number.POSITIVE_INFINITY, Math.fround(Math.log(2))]);
  });
});

describe('ReLU lets a gradient through at NaN, as in PyTorch 2.15.0', () => {
  const slopes = [1, 2, 3, 4, 5, 6, 7, 8];
  const gradient = { data: Float32Array.from(slopes), shape: [1, 1, 2, 4] };
  const x = { data: Float32Array.of(nan, -1, 0, 2, inf, -inf, nan, -0.5), shape: [1, 1, 2, 4] };
  // torch: threshold_backward is 0 where x <= 0, the gradient elsewhere.
  const through = [1, 0, 0, 4, 5, 0, 7, 0];

  it('by itself', async () => {
    const build = ([a, g]: Node[]) => gradients(ops.relu(a), [a], g)[0];
    expect([...(await run(device(), build, [x, gradient]))]).toEqual(through);
  });

  it.each(variants)('after batch norm with constants: $variant', async ({ capabilities }) => {
    // Normalising by these changes nothing.
    const channel = (value: number) => ({ data: Float32Array.of(value), shape: [1] });
    const operands = [x, gradient, channel(1), channel(0)];
    const plain = ([a, g, one, zero]: Node[]) =>
      gradients(batchNormInference(a, one, zero, zero, one, { epsilon: 0, relu: true }), [a], g)[0];
    expect([...(await run(device(), plain, operands, capabilities))]).toEqual(through);
    const withResidual = ([a, g, one, zero]: Node[]) =>
      gradients(batchNormInference(a, one, zero, zero, one, { epsilon: 0, relu: true, residual: g }), [a], g)[0];
    // The residual is positive: what was below 0 by less is let through, too.
    expect([...(await run(device(), withResidual, operands, capabilities))]).toEqual([1, 2, 3, 4, 5, 0, 7, 8]);
  });
});

it.each(variants)(
  'statistics of a channel with NaN, ∞, or numbers whose squares overflow are no numbers: $variant',
  async ({ capabilities }) => {
    const channels = [
      [1, 2, nan, 4, 5, 6, 7, 8],
      [1, 2, 3, inf, 5, 6, 7, 8],
      [-1e20, 1e20, -1e20, 1e20, -1e20, 1e20, -1e20, 1e20],
      [1e20, 1e20, 1e20, 1e20, 1e20, 1e20, 1e20, -1e20],
      [1, 2, 3, 4, 5, 6, 7, 8],
    ];
    const x = { data: Float32Array.from(channels.flat()), shape: [1, 5, 2, 4] };
    const build = ([a]: Node[]) => batchNormStatistics(a);
    const variances = Array.from(await run(device(), build, [x], capabilities)).slice(5, 10);
    // torch 2.15.0's var_mean(correction=0) has NaN, NaN, ∞, ∞ and 5.25; whether ∞ or NaN, the kernel's ∞ - ∞ decides.
    expect(variances.map(Number.isFinite)).toEqual([false, false, false, false, true]);
    expect(variances[4]).toBe(5.25);
  },
);

/** The operations of IEEE 754 binary32: of one correctly rounded result JavaScript's rounding of its double is the same. */
const binary32 = {
  add: (a: number, b: number) => Math.fround(a + b),
  subtract: (a: number, b: number) => Math.fround(a - b),
  multiply: (a: number, b: number) => Math.fround(a * b),
  divide: (a: number, b: number) => Math.fround(a / b),
  sqrt: (a: number) => Math.fround(Math.sqrt(a)),
  square: (a: number) => Math.fround(a * a),
  negate: (a: number) => -a,
  abs: (a: number) => Math.abs(a),
  relu: (a: number) => (a <= 0 ? 0 : a),
  scale: (a: number, factor: number) => Math.fround(a * factor),
  offset: (a: number, distance: number) => Math.fround(a + distance),
  maximum: (a: number, b: number) => Math.max(a, b),
  minimum: (a: number, b: number) => Math.min(a, b),
};
type Numbers<T> = { readonly [name in keyof typeof binary32]: (...operands: never[]) => T };
type Operations<T> = {
  readonly [name in keyof Numbers<T>]: (typeof binary32)[name] extends (a: number) => number
    ? (a: T) => T
    : name extends 'scale' | 'offset'
      ? (a: T, number: number) => T
      : (a: T, b: T) => T;
};

type Formula = <T>(operations: Operations<T>, x: T, y: T) => T;

/** Where a compiler that takes floats for real numbers finds something simpler. */
const formulas: readonly [text: string, formula: Formula][] = [
  ['x + (-x)', (o, x) => o.add(x, o.negate(x))],
  ['(-x) + x', (o, x) => o.add(o.negate(x), x)],
  ['x - x', (o, x) => o.subtract(x, x)],
  ['x / x', (o, x) => o.divide(x, x)],
  ['x · 0', (o, x) => o.scale(x, 0)],
  ['√x · √x', (o, x) => o.multiply(o.sqrt(x), o.sqrt(x))],
  ['(√x)²', (o, x) => o.square(o.sqrt(x))],
  ['√(x²)', (o, x) => o.sqrt(o.square(x))],
  ['(x + y) - x', (o, x, y) => o.subtract(o.add(x, y), x)],
  ['(x - y) + y', (o, x, y) => o.add(o.subtract(x, y), y)],
  ['x - (x - y)', (o, x, y) => o.subtract(x, o.subtract(x, y))],
  ['(x · y) / y', (o, x, y) => o.divide(o.multiply(x, y), y)],
  ['(x / y) · y', (o, x, y) => o.multiply(o.divide(x, y), y)],
  ['x · y - x · y', (o, x, y) => o.subtract(o.multiply(x, y), o.multiply(y, x))],
  ['x · y + x', (o, x, y) => o.add(o.multiply(x, y), x)],
  ['x · y + x · x', (o, x, y) => o.add(o.multiply(x, y), o.multiply(x, x))],
  ['(x · 3) · (1/3)', (o, x) => o.scale(o.scale(x, 3), Math.fround(1 / 3))],
  ['(x + 1e8) - 1e8', (o, x) => o.offset(o.offset(x, 1e8), -1e8)],
  ['1 / (1 / x)', (o, x) => o.divide(o.offset(o.scale(x, 0), 1), o.divide(o.offset(o.scale(x, 0), 1), x))],
  ['-(x - y) + (x - y)', (o, x, y) => o.add(o.negate(o.subtract(x, y)), o.subtract(x, y))],
  ['max(x, -x) - |x|', (o, x) => o.subtract(o.maximum(x, o.negate(x)), o.abs(x))],
  ['ReLU(x) - ReLU(-x) - x', (o, x) => o.subtract(o.subtract(o.relu(x), o.relu(o.negate(x))), x)],
  ['min(x, y) + max(x, y)', (o, x, y) => o.add(o.minimum(x, y), o.maximum(x, y))],
];

describe('elementwise ops in one kernel are those of IEEE 754, not of real numbers', () => {
  // Chosen so that no result is a subnormal number, which SwiftShader takes for 0.
  const corners = [nan, inf, -inf, -4, 0, 1, 1.1, -8e37, 2 ** 24 + 2, 3];
  const pairs = corners.flatMap((x) => corners.map((y) => [x, y].map(Math.fround)));
  const columns = [0, 1].map((k) => Float32Array.from(pairs, (pair) => pair[k]));
  // A length divisible by four is computed in fours, the other element by element.
  it.each(formulas.flatMap(([text, formula]) => [100, 99].map((length) => ({ text, formula, length }))))(
    '$text, $length',
    async ({ formula, length }) => {
      const operands = columns.map((column) => ({ data: column.subarray(0, length), shape: [length] }));
      const found = await run(device(), ([x, y]) => formula<Node>(ops, x, y), operands);
      const wrong = pairs.slice(0, length).flatMap(([x, y], i) => {
        const right = formula<number>(binary32, x, y);
        // Zeros have signs that the formats of the engine do not promise.
        return Object.is(found[i] + 0, right + 0) ? [] : [{ x, y, found: found[i], right }];
      });
      expect(wrong.slice(0, 3)).toEqual([]);
    },
  );

  it('comparisons of a value with itself', async () => {
    const x = { data: Float32Array.of(nan, inf, 0, 1), shape: [4] };
    const of = async (compare: (a: Node, b: Node) => Node) => [...(await run(device(), ([a]) => compare(a, a), [x]))];
    expect(await of(ops.equal)).toEqual([0, 1, 1, 1]);
    expect(await of(ops.notEqual)).toEqual([1, 0, 0, 0]);
    expect(await of(ops.lessEqual)).toEqual([0, 1, 1, 1]);
    expect(await of(ops.greaterEqual)).toEqual([0, 1, 1, 1]);
    expect(await of(ops.less)).toEqual([0, 0, 0, 0]);
    expect(await of((a, b) => ops.where(ops.equal(a, b), ops.zeros(a), a))).toEqual([nan, 0, 0, 0]);
  });

  it('sign of NaN is 0, as in PyTorch 2.15.0', async () => {
    const x = { data: Float32Array.of(nan, inf, -inf, 0, -2), shape: [5] };
    expect([...(await run(device(), ([a]) => ops.sign(a), [x]))]).toEqual([0, 1, -1, 0, -1]);
  });
});
