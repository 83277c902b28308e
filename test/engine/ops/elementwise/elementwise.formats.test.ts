import { describe, expect, it } from 'vitest';
import type { DType } from '../../../../src/engine/graph/dtype.ts';
import { literal } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import * as ops from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { expand, sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { concatenate, pad, reshape, slice, transpose } from '../../../../src/engine/ops/shape/shape.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { evaluate } from '../../../../src/engine/run/compile.ts';
import { roundF16 } from '../../../reference/formats.ts';
import { useDevice } from '../../../support/checkOp.ts';

/** Elementwise ops in formats other than f32. f64: JavaScript's own numbers are the reference, bit for bit. */
const device = useDevice();

const A = [0.1, -2.5, 3e10, -7e-12, 0, 1 / 3, 2 ** 30 + 2 ** -20, -1.75];
const B = [0.7, 1 / 7, -3e10, 7e-12, 5, 1 / 3, 2 ** -20, 0.3];

interface Case {
  readonly name: string;
  readonly apply: (a: Node, b: Node) => Node;
  readonly value: (a: number, b: number) => number;
  readonly positive?: true;
}

const cases: readonly Case[] = [
  { name: 'add', apply: ops.add, value: (a, b) => a + b },
  { name: 'subtract', apply: ops.subtract, value: (a, b) => a - b },
  { name: 'multiply', apply: ops.multiply, value: (a, b) => a * b },
  { name: 'divide', apply: ops.divide, value: (a, b) => a / b },
  { name: 'maximum', apply: ops.maximum, value: Math.max },
  { name: 'minimum', apply: ops.minimum, value: Math.min },
  { name: 'negate', apply: ops.negate, value: (a) => -a },
  { name: 'abs', apply: ops.abs, value: Math.abs },
  { name: 'sign', apply: ops.sign, value: Math.sign },
  { name: 'square', apply: ops.square, value: (a) => a * a },
  { name: 'relu', apply: ops.relu, value: (a) => (a > 0 ? a : 0) },
  { name: 'scale', apply: (a) => ops.scale(a, 0.1), value: (a) => a * 0.1 },
  { name: 'offset', apply: (a) => ops.offset(a, 0.1), value: (a) => a + 0.1 },
  { name: 'clamp', apply: (a) => ops.clamp(a, -0.3, 0.2), value: (a) => Math.min(Math.max(a, -0.3), 0.2) },
  { name: 'sqrt', apply: ops.sqrt, value: Math.sqrt, positive: true },
  {
    name: 'where and a comparison',
    apply: (a, b) => ops.where(ops.less(a, b), a, ops.scale(b, 3)),
    value: (a, b) => (a < b ? a : b * 3),
  },
  {
    name: 'several in one kernel, with a tensor of one element',
    apply: (a, b) => ops.add(ops.multiply(a, b), ops.multiply(slice(a, [0], [1]), ops.relu(b))),
    value: (a, b) => a * b + A[0] * Math.max(b, 0),
  },
];

const comparisons = [
  ['equal', ops.equal, (a: number, b: number) => a === b],
  ['notEqual', ops.notEqual, (a: number, b: number) => a !== b],
  ['less', ops.less, (a: number, b: number) => a < b],
  ['lessEqual', ops.lessEqual, (a: number, b: number) => a <= b],
  ['greater', ops.greater, (a: number, b: number) => a > b],
  ['greaterEqual', ops.greaterEqual, (a: number, b: number) => a >= b],
] as const;

const wide = (values: readonly number[], dtype: DType) => literal(Float64Array.from(values), [values.length], dtype);
const positive = (values: readonly number[]) => values.map((value) => Math.abs(value));

async function valuesOf(node: Node): Promise<number[]> {
  const [values] = await evaluate([node], device());
  return Array.from(values);
}

/** Without the sign of zero, which select, min and max may choose. */
const plain = (values: readonly number[]) => values.map((value) => value + 0);

describe('f64', () => {
  it.each(cases)('$name is what JavaScript computes', async ({ apply, value, positive: domain }) => {
    const a = domain ? positive(A) : A;
    const found = await valuesOf(apply(wide(a, 'f64'), wide(B, 'f64')));
    expect(plain(found)).toEqual(plain(a.map((each, i) => value(each, B[i]))));
  });

  it.each(comparisons)('%s', async (_, compare, value) => {
    const found = await valuesOf(compare(wide(A, 'f64'), wide(B, 'f64')));
    expect(found).toEqual(A.map((a, i) => Number(value(a, B[i]))));
  });

  it('moves elements', async () => {
    const x = reshape(wide(A, 'f64'), [2, 4]);
    expect(await valuesOf(transpose(x, [1, 0]))).toEqual([0, 4, 1, 5, 2, 6, 3, 7].map((i) => A[i]));
    expect(await valuesOf(slice(x, [0, 1], [2, 3]))).toEqual([1, 2, 5, 6].map((i) => A[i]));
    expect(await valuesOf(pad(slice(x, [0, 1], [1, 3]), [0, 1], [0, 0]))).toEqual([0, A[1], A[2]]);
    expect(await valuesOf(concatenate([x, x], 1))).toEqual(
      [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7].map((i) => A[i]),
    );
    expect(await valuesOf(expand(wide([0.1], 'f64'), [3]))).toEqual([0.1, 0.1, 0.1]);
  });

  it('casts to and from every format of a word and more', async () => {
    const numbers = [0.1, -2.75, 3e9, 2 ** 40, -0.5];
    const x = wide(numbers, 'f64');
    expect(await valuesOf(ops.cast(x, 'f32'))).toEqual(numbers.map(Math.fround));
    expect(await valuesOf(ops.cast(x, 'i32'))).toEqual([0, -2, 2 ** 31 - 1, 2 ** 31 - 1, 0]);
    expect(await valuesOf(ops.cast(x, 'bool'))).toEqual([1, 1, 1, 1, 1]);
    expect(await valuesOf(ops.cast(ops.cast(x, 'f32'), 'f64'))).toEqual(numbers.map(Math.fround));
    // 48 bits at least.
    const twice = await valuesOf(ops.cast(ops.cast(x, 'f32x2'), 'f64'));
    twice.forEach((value, i) => {
      expect(Math.abs(value - numbers[i])).toBeLessThanOrEqual(2 ** -48 * Math.abs(numbers[i]));
    });
  });

  it('has derivatives of its own format', async () => {
    const a = wide(
      positive(A).map((value) => value + 0.5),
      'f64',
    );
    const b = wide(B, 'f64');
    const [byA] = gradients(ops.add(slice(ops.sqrt(a), [0], [1]), slice(ops.divide(b, a), [0], [1])), [a]);
    expect(byA.dtype).toBe('f64');
    const [first, ...others] = await valuesOf(byA);
    // d/da (√a + b/a), to a few roundings of float64.
    expect(Math.abs(first - (0.5 / Math.sqrt(0.6) - 0.7 / 0.6 ** 2))).toBeLessThan(4 * 2 ** -52);
    expect(others.every((value) => value === 0)).toBe(true);
  });
});

describe('f32x2', () => {
  it.each(cases)('$name is right to 2^-44', async ({ apply, value, positive: domain }) => {
    const a = domain ? positive(A) : A;
    const found = await valuesOf(apply(wide(a, 'f32x2'), wide(B, 'f32x2')));
    found.forEach((each, i) => {
      // The operands have 48 bits: where they cancel, the result has as many fewer.
      const size = Math.max(Math.abs(a[i]), Math.abs(value(a[i], B[i])), Math.abs(B[i]));
      expect(Math.abs(each - value(a[i], B[i]))).toBeLessThanOrEqual(2 ** -44 * size);
    });
  });
});

describe('f16', () => {
  const a = A.map((value) => roundF16(value));
  const b = B.map((value) => roundF16(value));
  const small = (values: readonly number[]) => literal(Float32Array.from(values), [values.length], 'f16');
  /** What is rounded twice, because of a number that f32 does not hold. */
  const twice: Readonly<Record<string, (a: number) => number>> = {
    scale: (x) => Math.fround(x * Math.fround(0.1)),
    offset: (x) => Math.fround(x + Math.fround(0.1)),
    clamp: (x) => Math.min(Math.max(x, Math.fround(-0.3)), Math.fround(0.2)),
  };

  // Ops of one operation, for which rounding to f32 first changes nothing.
  it.each(cases.filter(({ name }) => !name.startsWith('several')))(
    '$name is what float64 computes, rounded',
    async ({ name, apply, value, positive: domain }) => {
      const from = domain ? positive(a) : a;
      const node = apply(small(from), small(b));
      expect(node.dtype).toBe('f16');
      const exact = from.map((each, i) => twice[name]?.(each) ?? value(each, b[i]));
      expect(plain(await valuesOf(node))).toEqual(plain(exact.map(roundF16)));
    },
  );

  it('sums, and has derivatives of its own format', async () => {
    const x = small([1, 2, 3, 4.5]);
    const [gradient] = gradients(sum(ops.square(x)), [x]);
    expect(gradient.dtype).toBe('f16');
    expect(await valuesOf(gradient)).toEqual([2, 4, 6, 9]);
  });
});
