import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../../src/engine/errors.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { argmax, max, mean, min } from '../../../../src/engine/ops/reduce/reduce.ts';
import { sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import * as reference from '../../../reference/reduce.ts';
import { checkDerivative, checkForward, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

/** The kernels for processors' eight lanes, and those for GPUs. */
const variants = [{ subgroupsOf8: true }, { subgroupsOf8: false }];

const exact = { why: 'a choice, nothing is rounded' };
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const cases: [Shape, number[]][] = [
  [[1], [0]],
  [[33], [0]],
  [[70_001], [0]],
  [[100, 64], [1]],
  [[3, 10], [1]],
  [[5000, 10], [0]],
  [[3, 700, 12], [1]],
  [
    [4, 3, 8, 8],
    [0, 2, 3],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [
    [2, 3, 1, 4, 5],
    [0, 2, 3],
  ],
  [
    [2, 3, 4],
    [0, 1, 2],
  ],
];

describe.each([['max', max, reference.max] as const, ['min', min, reference.min] as const])('%s', (_, op, meaning) => {
  it.each(cases)('of %j over %j', async (shape, axes) => {
    // Below zero, so that an accumulator that started at 0 would show in max, and above in min.
    const x = { data: operand(shape, 1).data.map((value) => (op === max ? value - 2 : value + 2)), shape };
    const expected = meaning(Float64Array.from(x.data), shape, axes);
    for (const capabilities of variants)
      await checkForward(device(), ([node]) => op(node, axes), [x], expected, exact, capabilities);
  });

  it.each([
    [[3, 5], [1]] as const,
    [
      [4, 3, 2, 5],
      [0, 2],
    ] as const,
  ])('of %j over %j has its derivative', async (shape, axes) => {
    await checkDerivative(
      device(),
      ([x]) => op(x, axes),
      [operand(shape, 2)],
      ([x]) => meaning(x, shape, axes),
      // The gradient is a weight or 0; the difference quotient of a linear function errs by float64 rounding over 1e-5.
      { absolute: 1e-9, why: 'rounding of the finite difference' },
    );
  });

  it('keeps NaN, and knows infinities', async () => {
    const rows = [
      [1, nan, 2, 3],
      [nan, 1, 2, 3],
      [-inf, -inf, -inf, -inf],
      [inf, inf, inf, inf],
      [1, inf, -inf, 0],
    ];
    const x = { data: Float32Array.from(rows.flat()), shape: [5, 4] };
    const expected = meaning(Float64Array.from(x.data), [5, 4], [1]);
    for (const capabilities of variants) {
      expect([...(await run(device(), ([node]) => op(node, [1]), [x], capabilities))]).toEqual([...expected]);
      const column = { ...x, data: Float32Array.from(rows.map(([, second]) => second)), shape: [5, 1] };
      expect([...(await run(device(), ([node]) => op(node, [0]), [column], capabilities))]).toEqual([nan]);
    }
  });
});

describe('ties', () => {
  const slopes = async (op: (x: Node) => Node, shape: Shape, values: number[]) => [
    ...(await run(device(), ([x]) => gradients(sum(op(x)), [x])[0], [{ data: Float32Array.from(values), shape }])),
  ];

  it('share the gradient equally, as in JAX', async () => {
    expect(await slopes((x) => max(x, [1]), [2, 4], [1, 3, 3, 0, 2, 2, 2, 2])).toEqual([
      0, 0.5, 0.5, 0, 0.25, 0.25, 0.25, 0.25,
    ]);
    expect(await slopes((x) => min(x, [0, 2]), [2, 1, 2], [1, 3, 1, 5])).toEqual([0.5, 0, 0.5, 0]);
    // Two kernels would give the middle group 1/2 · 1/2 and the lone one 1/2.
    expect(await slopes((x) => max(x, [0, 2]), [2, 2, 2], [7, 7, 0, 1, 7, 0, 1, 0])).toEqual(
      [1 / 3, 1 / 3, 0, 0.5, 1 / 3, 0, 0.5, 0].map(Math.fround),
    );
  });
});

describe('mean', () => {
  it.each(cases)('of %j over %j', async (shape, axes) => {
    // Multiples of 2^-6 below 1: the sum is exact, the product with 1/n rounds twice.
    const x = { data: operand(shape, 1).data.map((value) => Math.round(64 * value) / 64), shape };
    const expected = reference.mean(Float64Array.from(x.data), shape, axes);
    await checkForward(device(), ([node]) => mean(node, axes), [x], expected, {
      relative: 2 ** -23,
      why: '1/n and its product are rounded',
    });
  });

  it('has its derivative', async () => {
    await checkDerivative(
      device(),
      ([x]) => mean(x, [0, 2]),
      [operand([3, 4, 5], 1)],
      ([x]) => reference.mean(x, [3, 4, 5], [0, 2]),
      { absolute: 1e-8, why: 'one rounding of a weight below 1/15' },
    );
  });
});

describe('argmax', () => {
  it.each<[Shape, number]>([
    [[1, 1], 1],
    [[3, 10], 1],
    [[10, 3], 0],
    [[300, 10], -1],
    [[5, 7, 3], 1],
    [[2, 1000], 1],
    [[5], 0],
  ])('of %j along %i', async (shape, axis) => {
    // Few different values: there are ties, and the first of them counts.
    const x = { data: operand(shape, 1).data.map((value) => Math.round(2 * value)), shape };
    const expected = reference.argmax(Float64Array.from(x.data), shape, axis < 0 ? axis + shape.length : axis);
    await checkForward(device(), ([node]) => argmax(node, axis), [x], expected, exact);
  });

  it('finds the first NaN, as NumPy does', async () => {
    const x = { data: Float32Array.of(1, nan, 5, nan, nan, 1, 2, 3, -inf, -inf, -inf, -inf), shape: [3, 4] };
    expect([...(await run(device(), ([node]) => argmax(node, 1), [x]))]).toEqual([1, 0, 0]);
  });
});

it('shapes follow from axes', () => {
  const x = input(spec([2, 3, 4]), 'x');
  expect(max(x).shape).toEqual([]);
  expect(mean(x, [1], { keepDims: true }).shape).toEqual([2, 1, 4]);
  expect(min(x, [-1]).shape).toEqual([2, 3]);
  expect(min(x, [0, 2], { keepDims: true }).shape).toEqual([1, 3, 1]);
  expect(argmax(x, 1)).toMatchObject({ shape: [2, 4], dtype: 'i32' });
});

it('mistakes are named', () => {
  const labels = input(spec([2, 3], 'i32'), 'labels');
  expect(() => max(labels)).toThrow(new ShapeError('max takes floating-point numbers, not i32[2, 3]'));
  expect(() => argmax(labels, 0)).toThrow('argmax takes floating-point numbers, not i32[2, 3]');
  expect(() => argmax(input(spec([2, 3]), 'x'), 2)).toThrow('argmax: f32[2, 3] has no axis 2');
  expect(() => min(input(spec([2, 3]), 'x'), [-3])).toThrow('min: f32[2, 3] has no axis -3');
});
