import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { exactMatmul } from '../../../../src/engine/ops/exact/exactMatmul.ts';
import { linear, matmul } from '../../../../src/engine/ops/matmul/matmul.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import { exactMatmul as exactReference } from '../../../reference/exactMatmul.ts';
import { matmulOfBatches } from '../../../reference/matmul.ts';
import { checkDerivative, checkForward, type Operand, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

/** Kernels for subgroups of 8, for no subgroups, and with tiles in workgroup memory. */
const settings = [{}, { subgroupsOf8: false }, { fastWorkgroupMemory: true }];

const orders = [{}, { transposeA: true }, { transposeB: true }, { transposeA: true, transposeB: true }];

/** Leading axes of both operands. */
const batches = [
  [[3], [3]],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], []],
  [[], [5]],
  [[2, 1], [3]],
  [[1], [4]],
  [[4], [1, 1]],
] as const;

/** [M, N, K]: small products, and such as read packed operands, with lengths that are and are no multiples of 4. */
const sizes = [
  [3, 5, 7],
  [64, 32, 272],
  [65, 66, 9],
] as const;

const shapeOf = (transposed: boolean | undefined, lengths: readonly number[], [rows, columns]: readonly number[]) =>
  transposed ? [...lengths, columns, rows] : [...lengths, rows, columns];

const operandsOf = (
  [first, second]: readonly [readonly number[], readonly number[]],
  [M, N, K]: readonly number[],
  options: (typeof orders)[number],
  dtype: 'f32' | 'f32x2' | 'f64' = 'f32',
): Operand[] => [
  operand(shapeOf('transposeA' in options, first, [M, K]), 1, dtype),
  operand(shapeOf('transposeB' in options, second, [K, N]), 2, dtype),
];

const expectedOf = ([a, b]: readonly Operand[], options: (typeof orders)[number]) =>
  matmulOfBatches([a.data, a.shape], [b.data, b.shape], options);

describe.each(batches)('matrices %j and %j', (...lengths) => {
  it.each(orders)('are multiplied: %j', async (options) => {
    for (const size of sizes) {
      // Whole numbers from -8 to 8: every product and sum is exact in f32, in any order.
      const operands = operandsOf(lengths, size, options).map(({ data, shape }) => ({
        data: data.map((value) => Math.round(8 * value)),
        shape,
      }));
      const expected = expectedOf(operands, options);
      for (const capabilities of settings)
        await checkForward(
          device(),
          ([a, b]) => matmul(a, b, options),
          operands,
          expected,
          { why: `${size}: whole numbers, no rounding` },
          capabilities,
        );
    }
  });

  it('have gradients', async () => {
    for (const options of orders) {
      const operands = operandsOf(lengths, [3, 4, 5], options);
      await checkDerivative(
        device(),
        ([a, b]) => matmul(a, b, options),
        operands,
        ([a, b]) => matmulOfBatches([a, operands[0].shape], [b, operands[1].shape], options),
        { absolute: 30 * 2 ** -24, why: 'sums of up to 30 products below 1 in f32' },
        { samples: 6 },
      );
    }
  });
});

it.each(['f32x2', 'f64'] as const)('matrices of %s have gradients', async (dtype) => {
  const [a, b] = operandsOf([[2, 1], [3]], [3, 4, 5], {}, dtype);
  await checkDerivative(
    device(),
    ([x, y]) => matmul(x, y),
    [a, b],
    ([x, y]) => matmulOfBatches([x, a.shape], [y, b.shape]),
    { absolute: 1e-8, why: 'rounding of the finite difference of a bilinear function' },
    { samples: 6 },
  );
});

it('f32x2 is right to 2^-44', async () => {
  for (const options of orders) {
    const operands = operandsOf([[2, 3], [3]], [5, 6, 7], options, 'f32x2');
    for (const capabilities of settings)
      await checkForward(
        device(),
        ([a, b]) => matmul(a, b, options),
        operands,
        expectedOf(operands, options),
        { absolute: 7 * 2 ** -45, why: 'seven products below 1, each right to 2^-46' },
        capabilities,
      );
  }
});

it('f64 is the exact sum, rounded once (BigInt)', async () => {
  for (const lengths of [
    [
      [2, 3],
      [2, 3],
    ],
    [[3], []],
    [[], [4]],
  ] as const) {
    const [a, b] = operandsOf(lengths, [5, 7, 20], {}, 'f64');
    const product = (x: number[], y: number[], [M, N, K]: readonly [number, number, number]) =>
      exactReference(x, y, [M, K, N]);
    const expected = matmulOfBatches([a.data, a.shape], [b.data, b.shape], {}, product);
    expect(Array.from(await run(device(), ([x, y]) => matmul(x, y), [a, b]))).toEqual(expected);
  }
});

it('is as few kernels for many matrices as for one', async () => {
  for (const dtype of ['f32', 'f32x2'] as const) {
    const plan = async (count: number) => {
      const types = { a: spec([count, 65, 64], dtype), b: spec([count, 65, 64], dtype) };
      const executable = await compile(({ a, b }) => ({ y: matmul(a, b, { transposeB: true }) }), types, {
        device: device(),
      });
      const { length } = executable.plan.steps;
      executable.free();
      return length;
    };
    expect(await plan(48)).toBe(await plan(2));
  }
});

it('linear takes any leading axes', async () => {
  const operands = [operand([2, 3, 4], 1), operand([5, 4], 2), operand([5], 3)];
  const [x, weight, bias] = operands.map(({ data }) => data);
  const products = matmulOfBatches([x, [6, 4]], [weight, [5, 4]], { transposeB: true });
  await checkForward(
    device(),
    ([a, b, c]: Node[]) => linear(a, b, c),
    operands,
    products.map((product, i) => product + bias[i % 5]),
    { absolute: 5 * 2 ** -24, why: 'four products below 1 and a bias' },
  );
});

it('names what does not fit', () => {
  const node = (shape: number[], dtype: 'f32' | 'f64' = 'f32') => input(spec(shape, dtype), 'x');
  expect(() => matmul(node([2, 3, 4]), node([3, 4, 5]))).toThrow(
    'matmul: the leading axes of f32[2, 3, 4] and f32[3, 4, 5] do not broadcast',
  );
  expect(() => matmul(node([2, 3, 4]), node([2, 5, 3]))).toThrow(
    'matmul(f32[2, 3, 4], f32[2, 5, 3]): the inner lengths are 4 and 5',
  );
  expect(() => matmul(node([2, 3, 4]), node([4]))).toThrow('both operands are matrices or batches of them');
  expect(() => exactMatmul(node([2, 3, 4], 'f64'), node([3, 4, 5], 'f64'))).toThrow('there are 2 and 3 matrices');
});
