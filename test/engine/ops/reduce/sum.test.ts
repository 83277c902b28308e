import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../../src/engine/errors.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { expand, sum } from '../../../../src/engine/ops/reduce/sum.ts';
import * as shapes from '../../../reference/shape.ts';
import * as reference from '../../../reference/sum.ts';
import { checkDerivative, checkForward, integers, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

/** The kernels for processors' eight lanes, and those for GPUs. */
const variants = [{ subgroupsOf8: true }, { subgroupsOf8: false }];

const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1);

/** Whole numbers from -50 to 50, whose sums f32 holds exactly: an element that is left out or taken twice shows. */
const wholeNumbers = (shape: Shape) => ({
  data: operand(shape, 1).data.map((value) => Math.round(50 * value)),
  shape,
});

/** Each form of reduction, with lengths below, at and above lanes, vec4s and parts. */
const cases: [Shape, number[]][] = [
  [[2], [0]],
  [[7], [0]],
  [[32], [0]],
  [[33], [0]],
  [[1000], [0]],
  [[8192], [0]],
  [[70_001], [0]],
  [[300_000], [0]],
  [[3, 5], [1]],
  [[3, 4], [1]],
  [[100, 64], [1]],
  [[100, 65], [1]],
  [[5, 1030], [1]],
  [[2, 40_000], [1]],
  [[70_000, 3], [1]],
  [[5, 3], [0]],
  [[4, 8], [0]],
  [[50, 10], [0]],
  [[5000, 10], [0]],
  [[300, 64], [0]],
  [[3, 5, 7], [1]],
  [[3, 700, 12], [1]],
  [
    [3, 5, 7],
    [0, 2],
  ],
  [
    [4, 3, 8, 8],
    [0, 2, 3],
  ],
  [
    [16, 5, 7, 7],
    [0, 2, 3],
  ],
  [
    [2, 3, 90, 90],
    [0, 2, 3],
  ],
  [
    [40, 3, 4, 4],
    [0, 2, 3],
  ],
  [
    [2, 3, 4, 5],
    [0, 1, 2, 3],
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
    [3, 2, 3, 2, 3, 2],
    [0, 2, 4],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [0, 2, 4],
  ],
  [
    [1, 3, 1, 5],
    [0, 3],
  ],
  [[1], [0]],
  [[4, 3], []],
];

describe('sum', () => {
  it.each(cases)('of %j over the axes %j takes in every element once', async (shape, axes) => {
    const x = wholeNumbers(shape);
    const expected = reference.sum(Float64Array.from(x.data), shape, axes);
    for (const capabilities of variants)
      await checkForward(device(), ([node]) => sum(node, axes), [x], expected, { why: 'exact' }, capabilities);
  });

  it.each([
    [[300_000], [0]] as const,
    [
      [4, 8, 100, 100],
      [0, 2, 3],
    ] as const,
    [[50_000, 5], [0]] as const,
  ])('of %j over %j rounds little', async (shape, axes) => {
    const x = operand(shape, 3);
    const expected = reference.sum(Float64Array.from(x.data), shape, axes);
    const n = size(shape) / expected.length;
    // On its way an element passes at most 256 additions in a lane, 8 in the tree of lanes and vec4s, and as many in a second
    // stage. Each rounds by at most 2^-24 of a partial sum, which is below sqrt(n) for values of random sign in [-1, 1).
    // Rounding errors of random sign add up to the square root of their number.
    const bound = Math.sqrt(2 * (256 + 8)) * 2 ** -24 * Math.sqrt(n);
    for (const capabilities of variants)
      await checkForward(
        device(),
        ([node]) => sum(node, axes),
        [x],
        expected,
        { absolute: bound, why: `rounding of ${n} additions` },
        capabilities,
      );
  });

  it.each([[[200_000, 20], [0]] as const, [[32, 150_000], [1]] as const])(
    'of %j over %j does not drift where all roundings go one way',
    async (shape, axes) => {
      const x = { data: new Float32Array(size(shape)).fill(0.1), shape };
      const outputs = shape[1 - axes[0]];
      const expected = Math.fround(0.1) * (size(shape) / outputs);
      // The worst case of 528 additions on the way. Adding 16 384 of them one after the other would err by 1.5e-4.
      for (const capabilities of variants)
        await checkForward(
          device(),
          ([node]) => sum(node, axes),
          [x],
          new Float64Array(outputs).fill(expected),
          { relative: 528 * 2 ** -24, why: '528 roundings' },
          capabilities,
        );
    },
  );

  it('is the same in every run', async () => {
    const x = operand([3, 100_003], 5);
    const first = await run(device(), ([node]) => sum(node, [1]), [x]);
    for (let i = 0; i < 3; i++) expect(await run(device(), ([node]) => sum(node, [1]), [x])).toEqual(first);
  });

  it('takes negative axes, all axes, and keeps dimensions', () => {
    const x = input(spec([2, 3, 4]), 'x');
    expect(sum(x, [-1]).shape).toEqual([2, 3]);
    expect(sum(x).shape).toEqual([]);
    expect(sum(x, [0, 2], { keepDims: true }).shape).toEqual([1, 3, 1]);
    expect(sum(x, [-1])).toBe(sum(x, [2]));
  });

  it('wraps integers around', async () => {
    const many = [2 ** 31 - 1, 5, -7, 2 ** 31 - 1, -(2 ** 31)];
    expect([...(await run(device(), ([x]) => sum(x), [integers(many, [5])]))]).toEqual([2 ** 31 - 4]);
    const large = [2 ** 32 - 1, 5, 7];
    expect([...(await run(device(), ([x]) => sum(x), [integers(large, [3], 'u32')]))]).toEqual([11]);
  });

  it('refuses what it cannot sum', () => {
    const x = input(spec([2, 3]), 'x');
    expect(() => sum(x, [2])).toThrow(new ShapeError('sum: f32[2, 3] has no axis 2'));
    expect(() => sum(x, [1, -1])).toThrow('sum: an axis is named twice in [1, -1]');
    expect(() => sum(input(spec([2, 3], 'bool'), 'b'))).toThrow('sum: bool[2, 3] holds no numbers; cast it first');
  });

  it.each([
    [[3, 4, 5], [1]],
    [
      [3, 4, 5],
      [0, 2],
    ],
    [[6], [0]],
  ])('of %j over %j has its derivative', async (shape, axes) => {
    await checkDerivative(
      device(),
      ([x]) => sum(x, axes),
      [operand(shape, 2)],
      ([x]) => reference.sum(x, shape, axes),
      // The gradient is exact; the central difference of a linear function errs by float64 rounding over the step 1e-5.
      { absolute: 1e-9, why: 'rounding of the finite difference' },
    );
  });
});

const expansions: [Shape, Shape][] = [
  [[], [5]],
  [[], [4, 4]],
  [[1], [9]],
  [[4], [3, 4]],
  [
    [3, 1],
    [3, 7],
  ],
  [
    [3, 1],
    [3, 8],
  ],
  [
    [1, 3, 1, 1],
    [4, 3, 5, 5],
  ],
  [
    [2, 1, 3, 1],
    [2, 4, 3, 4],
  ],
  [
    [1, 1, 3],
    [2, 2, 3],
  ],
];

describe('expand', () => {
  it.each(expansions)('makes %j %j as NumPy broadcasts', async (shape, target) => {
    const x = operand(shape, 4);
    const expected = shapes.expand(Float64Array.from(x.data), shape, target);
    for (const capabilities of variants)
      await checkForward(device(), ([node]) => expand(node, target), [x], expected, { why: 'a copy' }, capabilities);
  });

  it.each(expansions)('from %j to %j has its derivative, the sum', async (shape, target) => {
    await checkDerivative(
      device(),
      ([x]) => expand(x, target),
      [operand(shape, 4)],
      ([x]) => shapes.expand(x, shape, target),
      { absolute: 1e-5, why: 'at most 100 weights in [-1, 1) are summed in f32' },
    );
  });

  it('refuses shapes that do not broadcast', () => {
    const x = input(spec([2, 3]), 'x');
    expect(() => expand(x, [2, 4])).toThrow(new ShapeError('expand: f32[2, 3] cannot become [2, 4]'));
    expect(() => expand(x, [3])).toThrow('expand: f32[2, 3] cannot become [3]');
    expect(() => expand(input(spec([2, 1]), 'x'), [1, 2])).toThrow('expand: f32[2, 1] cannot become [1, 2]');
  });
});
