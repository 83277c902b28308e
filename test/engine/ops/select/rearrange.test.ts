import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { multiply } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { flip, padWith, tile } from '../../../../src/engine/ops/select/rearrange.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

const x = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
const of = async (build: (x: Node) => Node) => [...(await run(device(), ([node]) => build(node), [x]))];

// NumPy 2.4.6: np.flip, np.tile and np.pad of [[1, 2, 3], [4, 5, 6]].
describe('values of NumPy', () => {
  it('flip', async () => {
    expect(await of((a) => flip(a, [1]))).toEqual([3, 2, 1, 6, 5, 4]);
    expect(await of((a) => flip(a, [0, -1]))).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it('tile', async () => {
    expect(await of((a) => tile(a, [2, 1]))).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    expect(await of((a) => tile(a, [1, 2]))).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    expect(tile(input(spec([2, 3]), 'x'), [2, 1, 3]).shape).toEqual([2, 2, 9]);
    expect(await of((a) => tile(a, [2, 1, 2]))).toEqual([
      1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6,
    ]);
  });

  it('pad', async () => {
    expect(await of((a) => padWith(a, 'edge', [1, 0], [0, 2]))).toEqual([1, 2, 3, 3, 3, 1, 2, 3, 3, 3, 4, 5, 6, 6, 6]);
    expect(await of((a) => padWith(a, 'reflect', [1, 2], [0, 1]))).toEqual([
      6, 5, 4, 5, 6, 5, 3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5,
    ]);
    expect(await of((a) => padWith(a, 'wrap', [0, 1], [1, 2]))).toEqual([
      3, 1, 2, 3, 1, 2, 6, 4, 5, 6, 4, 5, 3, 1, 2, 3, 1, 2,
    ]);
  });
});

it('gradients go back to where elements came from', async () => {
  // Σ y · y has the gradient 2 y by y: each element's is 2 x times how often it is there.
  const slope = (build: (x: Node) => Node) => of((a) => gradients(sum(multiply(build(a), build(a))), [a])[0]);
  expect(await slope((a) => flip(a, [0]))).toEqual([2, 4, 6, 8, 10, 12]);
  expect(await slope((a) => tile(a, [2, 3]))).toEqual([12, 24, 36, 48, 60, 72]);
  expect(await slope((a) => padWith(a, 'reflect', [0, 2], [0, 0]))).toEqual([2, 8, 12, 8, 20, 24]);
});

it('names what does not fit', () => {
  const node = input(spec([2, 3]), 'x');
  expect(() => flip(node, [2])).toThrow('flip: f32[2, 3] has no axis 2');
  expect(() => tile(node, [2])).toThrow('tile: [2] are no repeats of f32[2, 3]');
  expect(() => padWith(node, 'reflect', [2, 0], [0, 0])).toThrow(
    'padWith: 2 elements of axis 0 of f32[2, 3] cannot be padded by reflect',
  );
  expect(() => padWith(node, 'edge', [1], [0, 0])).toThrow('padWith: f32[2, 3] takes 2 whole widths before and after');
});
