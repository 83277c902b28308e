import { describe, expect, it } from 'vitest';
import type { DType } from '../../../../src/engine/graph/dtype.ts';
import { input, literal, spec } from '../../../../src/engine/graph/graph.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { argmin, prod } from '../../../../src/engine/ops/reduce/reduce.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { evaluate } from '../../../../src/engine/run/compile.ts';
import * as reference from '../../../reference/reduce.ts';
import { checkDerivative, checkForward, integers, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

/** The kernels for processors' eight lanes, and those for GPUs. */
const variants = [{ subgroupsOf8: true }, { subgroupsOf8: false }];

const cases: [Shape, number[]][] = [
  [[33], [0]],
  [[20_001], [0]],
  [[3, 700, 12], [1]],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [
    [2, 3, 1, 4, 5],
    [0, 2, 3],
  ],
];

/** ±1, sometimes doubled or halved: products are powers of two, exact in any order. */
const powers = (size: number) =>
  Float64Array.from({ length: size }, (_, i) => (i % 3 === 0 ? -1 : 1) * (i % 97 === 1 ? 2 : i % 89 === 2 ? 0.5 : 1));

describe.each(['f32', 'f32x2', 'f64', 'i32'] as const)('prod of %s', (dtype) => {
  it.each(cases)('of %j over %j', async (shape, axes) => {
    const doubles = powers(shape.reduce((a, b) => a * b));
    const whole = dtype === 'i32' ? doubles.map(Math.sign) : doubles;
    const operands = [integers([...whole], shape, dtype as DType)];
    for (const capabilities of variants)
      await checkForward(
        device(),
        ([x]) => prod(x, axes),
        operands,
        reference.prod(whole, shape, axes),
        { why: 'powers of two' },
        capabilities,
      );
  });
});

it('has its derivative', async () => {
  await checkDerivative(
    device(),
    ([x]) => prod(x, [0, 2]),
    [operand([2, 4, 3], 1)],
    ([x]) => reference.prod(x, [2, 4, 3], [0, 2]),
    { absolute: 1e-6, why: 'six factors below 1 in f32' },
  );
});

it('has the derivative of PyTorch 2.15.0 where there are zeros', async () => {
  // torch.prod(x, 1) of these rows: the product of the others, which is 0 where another one is 0.
  const x = literal(Float64Array.of(2, 3, 4, 0, 3, 4, 0, 5, 0, -1, 0, -7), [4, 3], 'f64');
  const [slopes] = gradients(prod(x, [1]), [x], literal(Float64Array.of(1, 1, 1, 2), [4], 'f64'));
  const [found] = await evaluate([slopes], device());
  expect(Array.from(found, (value) => value + 0)).toEqual([12, 8, 6, 12, 0, 0, 0, 0, 0, 0, 14, 0]);
});

it('argmin finds the first of the smallest, and the first NaN, as NumPy does', async () => {
  const rows = [
    [3, 1, 1, 2],
    [1, Number.NaN, -5, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0],
  ];
  const x = { data: Float32Array.from(rows.flat()), shape: [3, 4] };
  expect([...(await run(device(), ([node]) => argmin(node, 1), [x]))]).toEqual([1, 1, 1]);
});

it('shapes follow from axes, and what holds no numbers is refused', () => {
  expect(prod(input(spec([2, 3, 4]), 'x')).shape).toEqual([]);
  expect(prod(input(spec([2, 3, 4]), 'x'), [1], { keepDims: true }).shape).toEqual([2, 1, 4]);
  expect(() => prod(input(spec([2, 3], 'bool'), 'x'))).toThrow('prod: bool[2, 3] holds no numbers; cast it first');
});
