import { ShapeError } from '../errors.ts';
import { describe, type Shape, type TensorType } from './shape.ts';

/** A shape with the named axes as 1. */
export const keptDimensions = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((length, axis) => (axes.includes(axis) ? 1 : length));

/** Axes as non-negative numbers, sorted. @throws ShapeError for an axis that x does not have, or has been named twice */
export function checkedAxes(name: string, x: TensorType, axes: readonly number[]): number[] {
  const rank = x.shape.length;
  const wrong = axes.find((axis) => !Number.isInteger(axis) || axis < -rank || axis >= rank);
  if (wrong !== undefined) throw new ShapeError(`${name}: ${describe(x)} has no axis ${wrong}`);
  const positive = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  if (new Set(positive).size < positive.length)
    throw new ShapeError(`${name}: an axis is named twice in [${axes.join(', ')}]`);
  return positive;
}

/** The order of axes in which the named ones, sorted, come last. */
export const axesToEnd = ({ shape }: TensorType, axes: readonly number[]): number[] => [
  ...shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])),
  ...axes,
];
