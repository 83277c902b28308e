import type { Shape } from '../../src/engine/graph/shape.ts';

/** Every index of a shape in row-major order. */
export function* indices(shape: Shape): Generator<number[]> {
  const index = shape.map(() => 0);
  const count = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < count; i++) {
    yield [...index];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
}

/** Position of an index in row-major order. */
export const flat = (index: readonly number[], shape: Shape): number =>
  index.reduce((sum, i, axis) => sum * shape[axis] + i, 0);

/** A tensor whose element at an index is element `from(index)` of x; null gives 0. */
function gather(
  x: Float64Array,
  shape: Shape,
  target: Shape,
  from: (index: number[]) => readonly number[] | null,
): Float64Array {
  return Float64Array.from(indices(target), (index) => {
    const source = from(index);
    return source === null ? 0 : x[flat(source, shape)];
  });
}

export const transpose = (x: Float64Array, shape: Shape, permutation: readonly number[]): Float64Array =>
  gather(
    x,
    shape,
    permutation.map((axis) => shape[axis]),
    (index) => shape.map((_, axis) => index[permutation.indexOf(axis)]),
  );

export const slice = (
  x: Float64Array,
  shape: Shape,
  starts: readonly number[],
  ends: readonly number[],
): Float64Array =>
  gather(
    x,
    shape,
    ends.map((end, axis) => end - starts[axis]),
    (index) => index.map((i, axis) => i + starts[axis]),
  );

export const pad = (x: Float64Array, shape: Shape, before: readonly number[], after: readonly number[]): Float64Array =>
  gather(
    x,
    shape,
    shape.map((length, axis) => before[axis] + length + after[axis]),
    (index) => {
      const source = index.map((i, axis) => i - before[axis]);
      return source.every((i, axis) => i >= 0 && i < shape[axis]) ? source : null;
    },
  );

/** NumPy's broadcast_to. */
export const expand = (x: Float64Array, shape: Shape, target: Shape): Float64Array =>
  gather(x, shape, target, (index) =>
    shape.map((length, axis) => (length === 1 ? 0 : index[target.length - shape.length + axis])),
  );

export function concatenate(xs: readonly Float64Array[], shapes: readonly Shape[], axis: number): Float64Array {
  const total = shapes.reduce((sum, shape) => sum + shape[axis], 0);
  return Float64Array.from(indices(shapes[0].with(axis, total)), (index) => {
    let at = index[axis];
    let k = 0;
    for (; at >= shapes[k][axis]; k++) at -= shapes[k][axis];
    return xs[k][flat(index.with(axis, at), shapes[k])];
  });
}
