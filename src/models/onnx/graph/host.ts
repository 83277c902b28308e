import { elements, type Shape } from '../../../engine/index.ts';
import type { ElementType } from '../format/elementType.ts';
import type { HostTensor } from '../format/tensor.ts';
import { hostTensor } from './value.ts';

/** Tensors of the host: shapes and indices, computed before anything runs. */

/** The most numbers that are computed on the host: a file of a few bytes may ask for any size. */
export const MOST_ON_HOST = 2 ** 20;

/** The shape that shapes broadcast to, as NumPy's; null where they do not. */
export function broadcastShape(shapes: readonly Shape[]): number[] | null {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const long = lengths.find((length) => length !== 1) ?? 1;
    if (lengths.some((length) => length !== 1 && length !== long)) return null;
    result.push(long);
  }
  return result;
}

/** Distances between neighbours along each axis of a tensor whose last axis lies side by side. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** Elements of a tensor at an offset and strides, in a shape: its transpose, a part, or copies. Undefined: too many for the host. */
export function view(
  { type, data }: HostTensor,
  shape: Shape,
  offset: number,
  strides: readonly number[],
): HostTensor | undefined {
  if (elements(shape) > MOST_ON_HOST) return undefined;
  const picked = Array.from({ length: elements(shape) }, (_, i) => {
    let [rest, at] = [i, offset];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    return data[at];
  });
  return hostTensor(type, shape, picked);
}

/** Copies along axes of length 1, and along new axes in front. */
export function expanded(tensor: HostTensor, shape: Shape): HostTensor | undefined {
  const missing = shape.length - tensor.shape.length;
  const strides = stridesOf(tensor.shape);
  const stretched = shape.map((_, axis) => ((tensor.shape[axis - missing] ?? 1) === 1 ? 0 : strides[axis - missing]));
  return view(tensor, shape, 0, stretched);
}

/** A function of elements at the same place; undefined where they are too many, or do not broadcast, which the device's op then says. */
export function mapped(
  type: ElementType,
  tensors: readonly HostTensor[],
  compute: (...numbers: number[]) => number,
): HostTensor | undefined {
  const shape = broadcastShape(tensors.map((tensor) => tensor.shape));
  if (shape === null) return undefined;
  const all = tensors.map((tensor) => expanded(tensor, shape)?.data ?? []);
  if (elements(shape) > MOST_ON_HOST) return undefined;
  return hostTensor(
    type,
    shape,
    Array.from({ length: elements(shape) }, (_, i) => compute(...all.map((data) => data[i]))),
  );
}

/** Tensors one behind the other along an axis. */
export function joined(tensors: readonly HostTensor[], axis: number): HostTensor {
  const [{ type, shape }] = tensors;
  const outer = elements(shape.slice(0, axis));
  const parts = Array.from({ length: outer }, (_, i) =>
    tensors.flatMap((tensor) => {
      const row = elements(tensor.shape.slice(axis));
      return Array.from(tensor.data.subarray(i * row, (i + 1) * row));
    }),
  );
  const length = tensors.reduce((sum, tensor) => sum + tensor.shape[axis], 0);
  return hostTensor(type, shape.with(axis, length), parts.flat());
}

/**
 * Entries by their indices along an axis, as `numpy.take`; negative ones count from the end. Null where one does not exist, undefined
 * where they are too many for the host.
 */
export function taken(tensor: HostTensor, indices: HostTensor, axis: number): HostTensor | null | undefined {
  const { type, shape, data } = tensor;
  const length = shape[axis];
  const inner = elements(shape.slice(axis + 1));
  if (elements(shape.slice(0, axis)) * indices.data.length * inner > MOST_ON_HOST) return undefined;
  const result: number[] = [];
  for (let outer = 0; outer < elements(shape.slice(0, axis)); outer++)
    for (const given of indices.data) {
      const index = given < 0 ? given + length : given;
      if (!(index >= 0 && index < length)) return null;
      const at = (outer * length + index) * inner;
      for (let i = 0; i < inner; i++) result.push(data[at + i]);
    }
  return hostTensor(type, [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)], result);
}
