import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../../src/engine/errors.ts';
import { input, literal, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { relu } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { concatenate, pad, reshape, slice, transpose } from '../../../../src/engine/ops/shape/shape.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import * as reference from '../../../reference/shape.ts';
import {
  checkDerivative,
  checkForward,
  integers,
  type Operand,
  operand,
  run,
  useDevice,
} from '../../../support/checkOp.ts';

const device = useDevice();

/** The kernels for processors' eight lanes, and those for GPUs. */
const variants = [{ subgroupsOf8: true }, { subgroupsOf8: false }];

const moved = { why: 'elements are moved, not computed' };
/** A difference quotient of a linear function errs by float64 rounding over the step 1e-5. */
const linear = { absolute: 1e-9, why: 'rounding of the finite difference' };

/** The op by itself, as a copy, and read through by another kernel. */
async function checkMoved(build: (nodes: Node[]) => Node, operands: readonly Operand[], expected: Float64Array) {
  for (const capabilities of variants) {
    await checkForward(device(), build, operands, expected, moved, capabilities);
    const positive = expected.map((value) => Math.max(value, 0));
    await checkForward(device(), (nodes) => relu(build(nodes)), operands, positive, moved, capabilities);
  }
}

describe('transpose', () => {
  it.each<[Shape, number[]]>([
    [
      [3, 5],
      [1, 0],
    ],
    [
      [8, 16],
      [1, 0],
    ],
    [
      [100, 130],
      [1, 0],
    ],
    [
      [2, 3, 4],
      [0, 2, 1],
    ],
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [
      [4, 3, 8, 8],
      [1, 0, 2, 3],
    ],
    [
      [4, 3, 5, 7],
      [0, 2, 3, 1],
    ],
    [
      [2, 3, 2, 3, 2, 3],
      [5, 3, 1, 4, 2, 0],
    ],
    [
      [2, 1, 3],
      [1, 2, 0],
    ],
  ])('of %j by %j', async (shape, permutation) => {
    const x = operand(shape, 1);
    const meaning = ([values]: Float64Array[]) => reference.transpose(values, shape, permutation);
    await checkMoved(([node]) => transpose(node, permutation), [x], meaning([Float64Array.from(x.data)]));
    await checkDerivative(device(), ([node]) => transpose(node, permutation), [x], meaning, linear);
  });
});

describe('slice', () => {
  it.each<[Shape, number[], number[]]>([
    [[9], [2], [7]],
    [[16], [4], [12]],
    [[16], [3], [15]],
    [
      [5, 8],
      [1, 0],
      [4, 8],
    ],
    [
      [5, 8],
      [0, 4],
      [5, 8],
    ],
    [
      [5, 8],
      [0, 1],
      [5, 5],
    ],
    [
      [3, 4, 5, 6],
      [1, 0, 2, 1],
      [3, 4, 4, 6],
    ],
    [
      [2, 3, 4],
      [1, 2, 3],
      [2, 3, 4],
    ],
  ])('of %j from %j to %j', async (shape, starts, ends) => {
    const x = operand(shape, 1);
    const meaning = ([values]: Float64Array[]) => reference.slice(values, shape, starts, ends);
    await checkMoved(([node]) => slice(node, starts, ends), [x], meaning([Float64Array.from(x.data)]));
    await checkDerivative(device(), ([node]) => slice(node, starts, ends), [x], meaning, linear);
  });
});

describe('pad', () => {
  it.each<[Shape, number[], number[]]>([
    [[3], [2], [1]],
    [[70], [0], [60]],
    [
      [2, 3],
      [1, 0],
      [0, 2],
    ],
    [
      [2, 3, 5, 5],
      [0, 0, 1, 1],
      [0, 0, 1, 1],
    ],
    [
      [1, 2, 1, 2, 1, 2],
      [1, 0, 1, 0, 1, 0],
      [0, 1, 0, 1, 0, 1],
    ],
  ])('of %j by %j and %j', async (shape, before, after) => {
    const x = operand(shape, 1);
    const meaning = ([values]: Float64Array[]) => reference.pad(values, shape, before, after);
    await checkMoved(([node]) => pad(node, before, after), [x], meaning([Float64Array.from(x.data)]));
    await checkDerivative(device(), ([node]) => pad(node, before, after), [x], meaning, linear);
  });
});

describe('concatenate', () => {
  it.each<[Shape[], number]>([
    [[[3], [1], [4]], 0],
    [
      [
        [2, 3],
        [2, 5],
      ],
      1,
    ],
    [
      [
        [2, 3],
        [1, 3],
      ],
      0,
    ],
    [
      [
        [2, 3, 4],
        [2, 1, 4],
        [2, 70, 4],
      ],
      1,
    ],
    [
      [
        [2, 3],
        [2, 5],
      ],
      -1,
    ],
  ])('of %j along %i', async (shapes, axis) => {
    const operands = shapes.map((shape, i) => operand(shape, i));
    const positive = axis < 0 ? axis + shapes[0].length : axis;
    const meaning = (values: Float64Array[]) => reference.concatenate(values, shapes, positive);
    const expected = meaning(operands.map(({ data }) => Float64Array.from(data)));
    await checkMoved((nodes) => concatenate(nodes, axis), operands, expected);
    await checkDerivative(device(), (nodes) => concatenate(nodes, axis), operands, meaning, linear);
  });
});

describe('reshape', () => {
  it('of an input, of a computed value, and of what no strides express', async () => {
    const x = operand([4, 6], 1);
    const values = Float64Array.from(x.data);
    await checkMoved(([node]) => reshape(node, [2, 3, 4]), [x], values);
    await checkMoved(
      ([node]) => reshape(relu(node), [24]),
      [x],
      values.map((value) => Math.max(value, 0)),
    );
    const turned = reference.transpose(values, [4, 6], [1, 0]);
    await checkMoved(([node]) => reshape(transpose(node, [1, 0]), [3, 8]), [x], turned);
    await checkDerivative(
      device(),
      ([node]) => reshape(node, [3, 8]),
      [x],
      ([y]) => y,
      linear,
    );
  });
});

it('moves integers and bools too', async () => {
  const labels = integers([1, -2, 3, 4, -5, 2 ** 31 - 1], [2, 3]);
  expect([...(await run(device(), ([x]) => transpose(x, [1, 0]), [labels]))]).toEqual([1, 4, -2, -5, 3, 2 ** 31 - 1]);
  expect([...(await run(device(), ([x]) => pad(x, [0, 1], [0, 0]), [labels]))]).toEqual([
    0,
    1,
    -2,
    3,
    0,
    4,
    -5,
    2 ** 31 - 1,
  ]);
  const truths = integers([1, 0, 1, 1], [2, 2], 'bool');
  expect([...(await run(device(), ([x]) => concatenate([x, x], 1), [truths]))]).toEqual([1, 0, 1, 0, 1, 1, 1, 1]);
});

it('what changes nothing is no op', () => {
  const x = input(spec([2, 3]), 'x');
  expect(reshape(x, [2, 3])).toBe(x);
  expect(reshape(reshape(x, [6]), [2, 3])).toBe(x);
  expect(transpose(x, [0, 1])).toBe(x);
  expect(slice(x, [0, 0], [2, 3])).toBe(x);
  expect(pad(x, [0, 0], [0, 0])).toBe(x);
  expect(concatenate([x], 1)).toBe(x);
});

it('mistakes are named', () => {
  const x = input(spec([2, 3]), 'x');
  const wrong = (build: () => Node, message: string) => expect(build).toThrow(new ShapeError(message));
  wrong(() => reshape(x, [4]), 'reshape: f32[2, 3] does not fill the shape [4]');
  wrong(() => transpose(x, [0, 0]), 'transpose: [0, 0] is no permutation of the axes of f32[2, 3]');
  wrong(() => transpose(x, [0]), 'transpose: [0] is no permutation of the axes of f32[2, 3]');
  wrong(() => slice(x, [0, 2], [2, 2]), 'slice: f32[2, 3] has no part from [0, 2] to [2, 2]');
  wrong(() => slice(x, [0, 0], [2, 4]), 'slice: f32[2, 3] has no part from [0, 0] to [2, 4]');
  wrong(() => slice(x, [0], [2]), 'slice: f32[2, 3] has no part from [0] to [2]');
  wrong(() => pad(x, [0, -1], [0, 0]), 'pad: the widths [0, -1, 0, 0] are not all 0 or more');
  wrong(() => pad(x, [1], [1]), 'pad: f32[2, 3] takes 2 widths before and after');
  wrong(
    () => concatenate([x, input(spec([3, 3]), 'y')], 1),
    'concatenate: f32[2, 3], f32[3, 3] do not join along axis 1',
  );
  wrong(() => concatenate([x], 2), 'concatenate: f32[2, 3] has no axis 2');
  wrong(() => concatenate([], 0), 'concatenate: no tensors are given');
});

it('gradients flow to the part that was cut out', async () => {
  // Of Σ w·x[1:3]: w at those places, 0 elsewhere.
  const weights = literal(Float32Array.of(5, 7), [2]);
  const slope = await run(device(), ([x]) => gradients(slice(x, [1], [3]), [x], weights)[0], [operand([5], 1)]);
  expect([...slope]).toEqual([0, 5, 7, 0, 0]);
});

it('elements of less than a word are moved one by one', async () => {
  const halves = { data: Float32Array.of(1, -2, 0.5, 4, 0, 6), shape: [2, 3], dtype: 'f16' } as const;
  const moves: [(x: Node) => Node, number[]][] = [
    [(x) => transpose(x, [1, 0]), [1, 4, -2, 0, 0.5, 6]],
    [(x) => slice(x, [0, 1], [2, 2]), [-2, 0]],
    [(x) => pad(x, [0, 0], [0, 1]), [1, -2, 0.5, 0, 4, 0, 6, 0]],
    [(x) => concatenate([x, x], 1), [1, -2, 0.5, 1, -2, 0.5, 4, 0, 6, 4, 0, 6]],
  ];
  for (const [move, moved] of moves) expect([...(await run(device(), ([x]) => move(x), [halves]))]).toEqual(moved);
});
