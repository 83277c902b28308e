import { expect, it } from 'vitest';
import { ShapeError } from '../../../../src/engine/errors.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { oneHot } from '../../../../src/engine/ops/select/oneHot.ts';
import { oneHot as reference } from '../../../reference/oneHot.ts';
import { checkForward, integers, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const exact = { why: 'ones and zeros' };

it.each([
  [1, 1],
  [7, 10],
  [64, 10],
  [33, 1000],
])('is 1 at the label, %i labels of %i classes', async (count, classes) => {
  const labels = Array.from({ length: count }, (_, i) => (7 * i + 3) % classes);
  await checkForward(
    device(),
    ([x]) => oneHot(x, classes),
    [integers(labels, [count])],
    reference(labels, classes),
    exact,
  );
});

it.each(['f16', 'f32x2', 'f64'] as const)('has rows of %s', async (dtype) => {
  const build = ([x]: Node[]) => oneHot(x, 3, dtype);
  await checkForward(device(), build, [integers([2, 0, 1, 5], [4])], [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0], exact);
  expect(oneHot(input(spec([4], 'i32'), 'labels'), 3, dtype).dtype).toBe(dtype);
});

it('gives a row of zeros to a label that is no class', async () => {
  const rows = await run(device(), ([x]) => oneHot(x, 3), [integers([-1, 3, 2, 2 ** 31 - 1, -(2 ** 31)], [5])]);
  expect([...rows]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
});

it('takes a vector of labels', () => {
  expect(() => oneHot(input(spec([3]), 'x'), 2)).toThrow(new ShapeError('oneHot: labels are f32[3], not i32[N]'));
  expect(() => oneHot(input(spec([3, 1], 'i32'), 'x'), 2)).toThrow('oneHot: labels are i32[3, 1], not i32[N]');
  expect(() => oneHot(input(spec([3], 'i32'), 'x'), 0)).toThrow('oneHot: shape [3, 0] has the length 0');
});
