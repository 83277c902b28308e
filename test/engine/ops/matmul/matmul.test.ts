import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { linear, matmul } from '../../../../src/engine/ops/matmul/matmul.ts';
import { matmul as reference } from '../../../reference/matmul.ts';
import {
  checkDerivative,
  checkForward,
  checkVariants,
  type Operand,
  operand,
  run,
  useDevice,
} from '../../../support/checkOp.ts';

const device = useDevice();

/**
 * [M, N, K]: below, at and above the tiles, with lengths that are no multiples of 4, small and packed products, sums in parts; two
 * that are computed with the operands exchanged, in tiles of 28 by 64 that fit and that do not; linear layers of few images.
 */
const sizes = [
  [1, 1, 1],
  [3, 5, 7],
  [16, 16, 16],
  [17, 33, 9],
  [64, 10, 128],
  [128, 300, 2],
  [96, 96, 64],
  [97, 130, 65],
  [250, 33, 70],
  [500, 509, 18],
  [68, 132, 9],
  [33, 20, 700],
  [64, 84, 65],
  [124, 80, 66],
  [1, 100, 65],
  [3, 64, 130],
  [4, 68, 64],
];

const orders = [
  { order: 'a · b', options: {} },
  { order: 'aᵀ · b', options: { transposeA: true } },
  { order: 'a · bᵀ', options: { transposeB: true } },
  { order: 'aᵀ · bᵀ', options: { transposeA: true, transposeB: true } },
];

/** Kernels for subgroups of 8, for no subgroups, and with tiles in workgroup memory, whichever of them this device would choose. */
const settings = [{}, { subgroupsOf8: false }, { fastWorkgroupMemory: true }];

/** Whole numbers from -8 to 8: every product and sum is exact in f32, in any order. */
const wholeNumbers = ({ data, shape }: Operand): Operand => ({
  data: data.map((value) => Math.round(8 * value)),
  shape,
});

const shapeOf = (transposed: boolean | undefined, [rows, columns]: number[]) =>
  transposed ? [columns, rows] : [rows, columns];

describe('matmul, each variant', () => {
  const names = new Set<string>();
  for (const { order, options } of orders) {
    const build = ([a, b]: Node[]) => matmul(a, b, options);

    it(`${order} is exact on whole numbers`, async () => {
      for (const size of sizes) {
        const [M, N, K] = size;
        const a = wholeNumbers(operand(shapeOf(options.transposeA, [M, K]), 1));
        const b = wholeNumbers(operand(shapeOf(options.transposeB, [K, N]), 2));
        const why = `${size}: products of at most 64, sums below 2²⁴: no rounding`;
        const expected = reference(a.data, b.data, size, options);
        for (const name of await checkVariants(device(), build, [a, b], expected, { why }, settings)) names.add(name);
      }
    });

    it(`${order}: gradients`, async () => {
      for (const size of [
        [5, 7, 3],
        [65, 36, 130],
      ]) {
        const [M, N, K] = size;
        const operands = [
          operand(shapeOf(options.transposeA, [M, K]), 3),
          operand(shapeOf(options.transposeB, [K, N]), 4),
        ];
        const longest = Math.max(M, N);
        // Central differences of a bilinear function are exact but for the rounding of a loss of about 100: 1e-14 · 100 / 1e-5.
        await checkDerivative(
          device(),
          build,
          operands,
          ([a, b]) => reference(a, b, size, options),
          { absolute: longest * 2 ** -24 + 1e-7, why: `sums of ${longest} products below 1, f32 accumulation` },
          { samples: 12 },
        );
      }
    });
  }

  it('leaves none out, on a device with subgroups of 8', () => {
    if (!device().capabilities.subgroupsOf8) return;
    expect(names).toEqual(new Set(['shared128', 'shared64', 'shared32', 'products', 'subgroup', 'portable']));
  });

  it('accumulates in f32', async () => {
    for (const size of [
      [70, 75, 301],
      [96, 96, 301],
    ]) {
      const [M, N, K] = size;
      const operands = [operand([M, K], 5), operand([K, N], 6)];
      const [a, b] = operands.map(({ data }) => data);
      // 301 additions each round a sum of at most 20 to 2⁻²⁴ of itself, up or down: √301 · 20 · 2⁻²⁴.
      const tolerance = { absolute: 350 * 2 ** -24, why: '301 products, f32 accumulation' };
      const build = ([x, y]: Node[]) => matmul(x, y);
      await checkVariants(device(), build, operands, reference(a, b, size), tolerance, settings);
    }
  });
});

describe('matmul', () => {
  it('gives the same bits in two runs', async () => {
    const operands = [operand([130, 64], 1), operand([64, 100], 2)];
    const build = ([a, b]: Node[]) => matmul(a, b);
    expect(await run(device(), build, operands)).toEqual(await run(device(), build, operands));
  });

  it('spreads more tiles than one dimension of a grid holds', async () => {
    const rows = 16 * 65_535 + 5;
    const a = { data: Float32Array.from({ length: rows }, (_, i) => i), shape: [rows, 1] };
    const b = { data: Float32Array.of(2), shape: [1, 1] };
    const actual = await run(device(), ([x, y]) => matmul(x, y), [a, b]);
    expect(actual).toEqual(a.data.map((value) => 2 * value));
  });

  it('refuses operands that do not fit, naming both', () => {
    const node = (shape: number[], dtype: 'f32' | 'i32' = 'f32') => input(spec(shape, dtype), 'x');
    expect(() => matmul(node([2, 3]), node([2, 3]))).toThrow(
      'matmul(f32[2, 3], f32[2, 3]): the inner lengths are 3 and 2',
    );
    expect(() => matmul(node([3, 2]), node([5, 4]), { transposeA: true, transposeB: true })).toThrow(
      'matmul(f32[3, 2]ᵀ, f32[5, 4]ᵀ): the inner lengths are 3 and 4',
    );
    expect(() => matmul(node([3]), node([3, 2]))).toThrow('both operands are matrices');
    expect(() => matmul(node([2, 3], 'i32'), node([3, 2]))).toThrow('both operands are of one floating-point format');
  });
});

describe('linear', () => {
  /** [N, in, out] of the classifiers at the end of networks. */
  const sizes = [
    [2, 3, 1],
    [64, 128, 10],
    [40, 64, 100],
  ];
  const build = ([x, weight, bias]: Node[]) => linear(x, weight, bias);
  const expected =
    ([N, inputs, outputs]: number[]) =>
    ([x, weight, bias]: ArrayLike<number>[]) =>
      reference(x, weight, [N, outputs, inputs], { transposeB: true }).map((value, i) => value + bias[i % outputs]);
  const operands = ([N, inputs, outputs]: number[]) => [
    operand([N, inputs], 1),
    operand([outputs, inputs], 2),
    operand([outputs], 3),
  ];

  it('is x · weightᵀ + bias', async () => {
    for (const size of sizes) {
      const given = operands(size).map(wholeNumbers);
      const values = given.map(({ data }) => data);
      await checkForward(device(), build, given, expected(size)(values), { why: 'whole numbers: no rounding' });
    }
  });

  it('has gradients by input, weight and bias', async () => {
    for (const size of sizes) {
      const longest = Math.max(size[0], size[2]);
      await checkDerivative(
        device(),
        build,
        operands(size),
        expected(size),
        { absolute: longest * 2 ** -24 + 1e-7, why: `sums of ${longest} products below 1, f32 accumulation` },
        { samples: 12 },
      );
    }
  });

  it('refuses a bias of another length', () => {
    const node = (shape: number[]) => input(spec(shape), 'x');
    expect(() => linear(node([2, 3]), node([4, 3]), node([3]))).toThrow('linear: the bias of 4 outputs is not f32[3]');
  });
});
