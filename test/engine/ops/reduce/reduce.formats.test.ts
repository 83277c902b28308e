import { describe, expect, it } from 'vitest';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { argmax, max, mean, min } from '../../../../src/engine/ops/reduce/reduce.ts';
import { expand, sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { exactSum } from '../../../reference/exactSum.ts';
import * as reference from '../../../reference/reduce.ts';
import * as shapes from '../../../reference/shape.ts';
import { groups, sum as referenceSum } from '../../../reference/sum.ts';
import { checkDerivative, checkForward, operand, run, useDevice } from '../../../support/checkOp.ts';

/** Reductions in the formats of two words; their shapes and kernels are those of f32, see sum.test.ts and reduce.test.ts. */
const device = useDevice();
const formats = ['f32x2', 'f64'] as const;
const variants = [{ subgroupsOf8: true }, { subgroupsOf8: false }];
const exact = { why: 'a choice, nothing is rounded' };
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const cases: [Shape, number[]][] = [
  [[1], [0]],
  [[33], [0]],
  [[20_001], [0]],
  [[100, 65], [1]],
  [[3000, 10], [0]],
  [[3, 300, 12], [1]],
  [
    [4, 3, 8, 8],
    [0, 2, 3],
  ],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [
    [3, 2, 3, 2, 3, 2],
    [0, 2, 4],
  ],
];

describe('sum', () => {
  it.each(cases)('of f32x2 %j over %j', async (shape, axes) => {
    const x = operand(shape, 3, 'f32x2');
    const expected = referenceSum(Float64Array.from(x.data), shape, axes);
    const n = x.data.length / expected.length;
    // An element passes at most 2 · (256 + 8) additions, which round by 3 · 2^-48 of a partial sum at most. Partial sums of n values of
    // random sign below 1 are below sqrt(n), and roundings of random sign add up to the square root of their number.
    const absolute = Math.sqrt(2 * (256 + 8)) * 3 * 2 ** -48 * Math.sqrt(n);
    const tolerance = { absolute, why: `rounding of ${n} additions` };
    for (const capabilities of variants)
      await checkForward(device(), ([node]) => sum(node, axes), [x], expected, tolerance, capabilities);
  });

  it.each(cases)('of f64 %j over %j is the exact sum, rounded once (BigInt)', async (shape, axes) => {
    const x = operand(shape, 3, 'f64');
    const expected = groups(x.data as Float64Array, shape, axes).map(
      (group) => exactSum(group, [1, 1, 1, group.length])[0],
    );
    await checkForward(device(), ([node]) => sum(node, axes), [x], expected, { why: 'the same rounding' });
  });

  it.each(formats)('of %s has its derivative, and so has that', async (dtype) => {
    const shape = [3, 4, 5];
    const linear = { absolute: 1e-9, why: 'rounding of the finite difference of a linear function' };
    for (const axes of [[1], [0, 2], [0, 1, 2]])
      await checkDerivative(
        device(),
        ([x]) => sum(x, axes),
        [operand(shape, 2, dtype)],
        ([x]) => referenceSum(x, shape, axes),
        linear,
      );
    await checkDerivative(
      device(),
      ([x]) => expand(x, [3, 4, 5]),
      [operand([3, 1, 5], 4, dtype)],
      ([x]) => shapes.expand(x, [3, 1, 5], shape),
      linear,
    );
  });
});

describe.each(formats)('mean of %s', (dtype) => {
  it.each(cases)('of %j over %j', async (shape, axes) => {
    const x = operand(shape, 3, dtype);
    const expected = reference.mean(Float64Array.from(x.data), shape, axes);
    const n = x.data.length / expected.length;
    const bound = {
      f32x2: {
        absolute: Math.sqrt((2 * (256 + 8)) / n) * 3 * 2 ** -48 + 2 ** -47,
        why: 'as for the sum, and a quotient',
      },
      f64: { relative: 2 ** -52, why: 'the sum and the quotient are rounded here, and so they are in the reference' },
    }[dtype];
    await checkForward(device(), ([node]) => mean(node, axes), [x], expected, bound);
  });

  it('has its derivative', async () => {
    await checkDerivative(
      device(),
      ([x]) => mean(x, [0, 2]),
      [operand([3, 4, 5], 1, dtype)],
      ([x]) => reference.mean(x, [3, 4, 5], [0, 2]),
      { absolute: 1e-10, why: 'rounding of the finite difference of a linear function' },
    );
  });
});

describe.each(formats)('max, min and argmax of %s', (dtype) => {
  it.each(cases)('of %j over %j', async (shape, axes) => {
    // Numbers that differ in the last bits alone, some of them not at all.
    const { data } = operand(shape, 1, dtype);
    const x = { data: data.map((value) => Math.sign(value) + Math.round(value * 8) * 2 ** -46), shape, dtype };
    for (const capabilities of variants)
      for (const [op, meaning] of [
        [max, reference.max],
        [min, reference.min],
      ] as const) {
        const expected = meaning(Float64Array.from(x.data), shape, axes);
        await checkForward(device(), ([node]) => op(node, axes), [x], expected, exact, capabilities);
      }
    const axis = axes[0];
    const expected = reference.argmax(Float64Array.from(x.data), shape, axis);
    await checkForward(device(), ([node]) => argmax(node, axis), [x], expected, exact);
  });

  it('passes NaN on, and knows infinities', async () => {
    const x = { data: Float64Array.of(1, nan, 5, nan, -inf, -inf, inf, 1, 2, 1, -inf, 2), shape: [3, 4], dtype };
    expect([...(await run(device(), ([node]) => max(node, [1]), [x]))]).toEqual([nan, inf, 2]);
    expect([...(await run(device(), ([node]) => min(node, [1]), [x]))]).toEqual([nan, -inf, -inf]);
    expect([...(await run(device(), ([node]) => argmax(node, 1), [x]))]).toEqual([1, 2, 0]);
  });

  it('shares the gradient among ties', async () => {
    const x = { data: Float64Array.of(1, 3, 3, 0, 2 + 2 ** -40, 2, 1, 0), shape: [2, 4], dtype };
    const build = (node: Parameters<typeof max>[0]) => gradients(sum(max(node, [1])), [node])[0];
    expect([...(await run(device(), ([node]) => build(node), [x]))]).toEqual([0, 0.5, 0.5, 0, 1, 0, 0, 0]);
  });
});
