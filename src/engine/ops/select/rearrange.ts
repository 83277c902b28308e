import { ShapeError } from '../../errors.ts';
import { checkedAxes } from '../../graph/axes.ts';
import { literal } from '../../graph/graph.ts';
import type { Node } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import { expand } from '../reduce/sum.ts';
import { reshape } from '../shape/shape.ts';
import { gather } from './gather.ts';

/** Rearrangements made of simpler ops: a node or two for each axis that they change. */

const picked = (x: Node, axis: number, indices: readonly number[]): Node =>
  gather(x, literal(Int32Array.from(indices), [indices.length], 'i32'), axis);

/** x with the order of its elements reversed along axes, as NumPy's `flip`. @throws ShapeError */
export const flip = (x: Node, axes: readonly number[]): Node =>
  checkedAxes('flip', x, axes).reduce(
    (flipped, axis) =>
      picked(
        flipped,
        axis,
        Array.from({ length: x.shape[axis] }, (_, i) => x.shape[axis] - 1 - i),
      ),
    x,
  );

/**
 * x repeated as a whole along each axis, as NumPy's `tile` and PyTorch's `repeat`.
 * @param repeats a whole number from 1 for each axis; more than x has axes are for new ones in front
 * @throws ShapeError
 */
export function tile(x: Node, repeats: readonly number[]): Node {
  const missing = repeats.length - x.shape.length;
  if (missing < 0 || repeats.some((count) => !Number.isInteger(count) || count < 1))
    throw new ShapeError(`tile: [${repeats.join(', ')}] are no repeats of ${describe(x)}: one from 1 on for each axis`);
  return repeats.reduce(
    (tiled, count, axis) => {
      const { shape } = tiled;
      if (count === 1) return tiled;
      const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
      // The axes before and behind are joined, so that there are never more than four.
      const [outer, inner] = [before, after].map((lengths) => lengths.reduce((a, b) => a * b, 1));
      const apart = reshape(tiled, [outer, 1, shape[axis] * inner]);
      return reshape(expand(apart, [outer, count, shape[axis] * inner]), [...before, count * shape[axis], ...after]);
    },
    reshape(x, [...Array<number>(missing).fill(1), ...x.shape]),
  );
}

export type EdgeMode = 'edge' | 'reflect' | 'wrap';

/** Where an element of a padded axis comes from: `i` counts from the axis's first element and may lie outside. */
const sources: Readonly<Record<EdgeMode, (i: number, length: number) => number>> = {
  edge: (i, length) => Math.min(Math.max(i, 0), length - 1),
  reflect: (i, length) => length - 1 - Math.abs(length - 1 - Math.abs(i)),
  wrap: (i, length) => (i + length) % length,
};

/** The widest padding that a mode can fill from an axis of this length. */
const widest: Readonly<Record<EdgeMode, (length: number) => number>> = {
  edge: () => Number.POSITIVE_INFINITY,
  reflect: (length) => length - 1,
  wrap: (length) => length,
};

/**
 * x with `before[axis]` elements in front of each axis and `after[axis]` behind it, which are its own: its edge's, those that lie as far
 * inside, or those of its other end, as in NumPy's `pad`.
 * @throws ShapeError
 */
export function padWith(x: Node, mode: EdgeMode, before: readonly number[], after: readonly number[]): Node {
  const rank = x.shape.length;
  const widths = [...before, ...after];
  if (before.length !== rank || after.length !== rank || widths.some((width) => !Number.isInteger(width) || width < 0))
    throw new ShapeError(`padWith: ${describe(x)} takes ${rank} whole widths before and after`);
  return x.shape.reduce((padded, length, axis) => {
    const most = Math.max(before[axis], after[axis]);
    if (most > widest[mode](length))
      throw new ShapeError(`padWith: ${most} elements of axis ${axis} of ${describe(x)} cannot be padded by ${mode}`);
    if (most === 0) return padded;
    const indices = Array.from({ length: before[axis] + length + after[axis] }, (_, i) =>
      sources[mode](i - before[axis], length),
    );
    return picked(padded, axis, indices);
  }, x);
}
