import { describe, expect, it } from 'vitest';
import type { DType } from '../../../../src/engine/graph/dtype.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import { gather } from '../../../../src/engine/ops/select/gather.ts';
import { gather as reference } from '../../../reference/gather.ts';
import { checkDerivative, checkForward, integers, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const exact = { why: 'slices are copied' };

interface Case {
  readonly shape: readonly number[];
  readonly axis: number;
  readonly indices: readonly number[];
  readonly of: readonly number[];
  readonly result: readonly number[];
}

const cases: readonly Case[] = [
  { shape: [5, 3], axis: 0, indices: [4, 0, 0, 2], of: [4], result: [4, 3] },
  { shape: [2, 7, 3], axis: 1, indices: [6, -1, 0, 3, 3, -7], of: [2, 3], result: [2, 2, 3, 3] },
  { shape: [3, 65], axis: -1, indices: [64, 0, 64], of: [3], result: [3, 3] },
  { shape: [2, 4, 33], axis: 1, indices: [2], of: [], result: [2, 33] },
];

describe.each(cases)('$shape along $axis', ({ shape, axis, indices, of, result }) => {
  const positive = axis < 0 ? axis + shape.length : axis;
  const size = (lengths: readonly number[]) => lengths.reduce((a, b) => a * b, 1);
  const lengths = [size(shape.slice(0, positive)), shape[positive], size(shape.slice(positive + 1))] as const;
  const meaning = ([x]: ArrayLike<number>[]) => reference(x, lengths, indices);

  it.each(['f32', 'f32x2', 'f64', 'i32', 'bool'] as const)('picks %s', async (dtype) => {
    const floating = dtype !== 'i32' && dtype !== 'bool';
    const x = floating
      ? operand(shape, 1, dtype)
      : integers(
          Array.from({ length: size(shape) }, (_, i) => (dtype === 'bool' ? i % 2 : i - 9)),
          shape,
          dtype as DType,
        );
    const operands = [x, integers(indices, of)];
    expect(gather(input(spec(shape), 'x'), input(spec(of, 'i32'), 'i'), axis).shape).toEqual(result);
    await checkForward(device(), ([a, b]) => gather(a, b, axis), operands, meaning([x.data]), exact);
    if (floating)
      await checkDerivative(
        device(),
        ([a, b]) => gather(a, b, axis),
        operands,
        meaning,
        { absolute: 3 * 2 ** -24 + 1e-9, why: 'up to 3 slices added; central differences of a linear function' },
        { wrt: [0] },
      );
  });
});

it('gives zeros for indices that are none, and reads nothing outside', async () => {
  const picks = [3, -4, 2, 2 ** 31 - 1, -(2 ** 31)];
  const operands = [operand([3, 4], 1), integers(picks, [5])];
  await checkForward(
    device(),
    ([x, i]) => gather(x, i),
    operands,
    reference(operands[0].data, [1, 3, 4], picks),
    exact,
  );
});

it('is rounded to small formats once', async () => {
  const x = { data: Float32Array.of(1, 2.5, -3, 4), shape: [4], dtype: 'f16' as const };
  expect([...(await run(device(), ([a, i]) => gather(a, i), [x, integers([3, 1], [2])]))]).toEqual([4, 2.5]);
});

it('names what it does not take', () => {
  const x = input(spec([3, 4]), 'x');
  expect(() => gather(x, x)).toThrow('gather: the indices are f32[3, 4], not i32');
  expect(() => gather(x, input(spec([2], 'i32'), 'i'), 2)).toThrow('gather: f32[3, 4] has no axis 2');
});
