import { describe, expect, it } from 'vitest';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { linear, matmul } from '../../../../src/engine/ops/matmul/matmul.ts';
import { exactMatmul } from '../../../reference/exactMatmul.ts';
import { matmul as reference } from '../../../reference/matmul.ts';
import { checkDerivative, operand, run, useDevice } from '../../../support/checkOp.ts';
import { errorsOfVariants, largestError } from '../../../support/relativeErrors.ts';

const device = useDevice();
const settings = [{}, { subgroupsOf8: false }];

const orders = [{}, { transposeA: true }, { transposeB: true }, { transposeA: true, transposeB: true }];

const absolute = (data: ArrayLike<number>) => Float64Array.from(data, Math.abs);
const shapeOf = (transposed: boolean | undefined, [rows, columns]: number[]) =>
  transposed ? [columns, rows] : [rows, columns];

/** A product of two f32x2 is right to 2^-46, and each addition to 2^-48 of the sum so far. */
const BOUND = 2 ** -44;

describe('matmul of f32x2, each variant, against sums in BigInt', () => {
  it.each([
    [1, 1, 1],
    [3, 5, 7],
    [16, 16, 16],
    [17, 33, 9],
    [64, 10, 128],
    [36, 20, 33],
    [8, 4, 1000],
  ])('%i × %i, sums of %i', async (M, N, K) => {
    for (const options of orders) {
      const a = operand(shapeOf(options.transposeA, [M, K]), 1, 'f32x2');
      const b = operand(shapeOf(options.transposeB, [K, N]), 2, 'f32x2');
      const magnitudes = reference(absolute(a.data), absolute(b.data), [M, N, K], options);
      const rows = reference(identity(M), a.data, [M, K, M], { transposeB: options.transposeA });
      const columns = reference(b.data, identity(N), [K, N, N], { transposeA: options.transposeB });
      const expected = exactMatmul(rows, columns, [M, K, N]);
      const build = ([x, y]: Node[]) => matmul(x, y, options);
      const errors = await errorsOfVariants(device(), build, [a, b], expected, magnitudes, settings);
      expect(errors).toHaveProperty('strided');
      for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThanOrEqual(BOUND);
    }
  });

  it('keeps the bits that a cancelling sum leaves', async () => {
    // Terms near 1 that cancel to 2^-40, which f32 cannot hold beside them.
    const a = {
      data: Float64Array.of(1 + 2 ** -40, -1, 2 ** 20, -(2 ** 20), 1, -1, 0, 0),
      shape: [1, 8],
      dtype: 'f32x2' as const,
    };
    const b = {
      data: Float64Array.from({ length: 32 }, (_, i) => 1 + (i % 4) * 2 ** -30),
      shape: [8, 4],
      dtype: 'f32x2' as const,
    };
    const expected = Float64Array.from({ length: 4 }, (_, i) => 2 ** -40 * (1 + i * 2 ** -30));
    // 2^-44 of the sum of absolute products, 2^21.
    const y = await run(device(), ([x, w]) => matmul(x, w), [a, b]);
    expect(largestError(y, expected, new Float64Array(4).fill(2 ** 21))).toBeLessThanOrEqual(2 ** -46);
  });
});

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
}

describe.each(['f32x2', 'f64'] as const)('of %s', (dtype) => {
  const tolerance = { absolute: 1e-8, why: 'rounding of the finite difference of a bilinear function' };

  it.each(orders)('matmul %j has gradients', async (options) => {
    const [M, N, K] = [5, 4, 6];
    const a = operand(shapeOf(options.transposeA, [M, K]), 1, dtype);
    const b = operand(shapeOf(options.transposeB, [K, N]), 2, dtype);
    const meaning = ([x, y]: ArrayLike<number>[]) => reference(x, y, [M, N, K], options);
    await checkDerivative(device(), ([x, y]) => matmul(x, y, options), [a, b], meaning, tolerance);
  });

  it('linear is x · weightᵀ + bias, with gradients', async () => {
    const operands = [operand([7, 12], 1, dtype), operand([10, 12], 2, dtype), operand([10], 3, dtype)];
    const build = ([x, weight, bias]: Node[]) => linear(x, weight, bias);
    const meaning = ([x, weight, bias]: ArrayLike<number>[]) =>
      reference(x, weight, [7, 10, 12], { transposeB: true }).map((product, i) => product + bias[i % 10]);
    const expected = meaning(operands.map(({ data }) => data));
    // Twelve products below 1 and a bias.
    expect(largestError(await run(device(), build, operands), expected, new Float64Array(70).fill(13))).toBeLessThan(
      BOUND,
    );
    await checkDerivative(device(), build, operands, meaning, tolerance);
  });
});

it('matmul of f64 is the exact sum, rounded once (BigInt)', async () => {
  const [a, b] = [operand([9, 40], 1, 'f64'), operand([40, 7], 2, 'f64')];
  const y = await run(device(), ([x, w]) => matmul(x, w), [a, b]);
  expect(y).toEqual(exactMatmul(a.data, b.data, [9, 40, 7]));
});
