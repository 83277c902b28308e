import { ShapeError } from '../errors.ts';
import type { DType } from './dtype.ts';

/** Lengths of a tensor's dimensions, the slowest first; [] is a scalar's. */
export type Shape = readonly number[];

/** Shape and number format of a tensor. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Number of elements of a shape; 1 for a scalar. */
export function elements(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, i) => length === b[i]);

/** Text of a type, as in `f32[16, 64, 32, 32]`. */
export const describe = (type: TensorType): string => `${type.dtype}[${type.shape.join(', ')}]`;

export const isTensorType = (value: unknown): value is TensorType =>
  typeof value === 'object' && value !== null && Array.isArray((value as TensorType).shape) && 'dtype' in value;

/** @throws ShapeError where a length is no whole number from 1 */
export function checkedShape(name: string, shape: Shape): Shape {
  const wrong = shape.find((length) => !Number.isInteger(length) || length < 1);
  if (wrong !== undefined) throw new ShapeError(`${name}: shape [${shape.join(', ')}] has the length ${wrong}`);
  return shape;
}
