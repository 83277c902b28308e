import { elements, type Shape } from './shape.ts';

/** Where the elements of a tensor lie in the storage of another: element (i, j, …) is number offset + i·strides[0] + j·strides[1] + …. */
export interface View {
  readonly offset: number;
  /** One for each dimension; 0 repeats the same elements. */
  readonly strides: readonly number[];
}

/** Strides of a row-major tensor. */
export function rowMajor(shape: Shape): number[] {
  return shape.map((_, axis) => elements(shape.slice(axis + 1)));
}

/** The view that is the tensor itself. */
export const whole = (shape: Shape): View => ({ offset: 0, strides: rowMajor(shape) });

/** Whether a view of a tensor with these dimensions is the tensor itself; strides of dimensions of length 1 do not matter. */
export function isWhole({ offset, strides }: View, shape: Shape): boolean {
  const expected = rowMajor(shape);
  return offset === 0 && shape.every((length, axis) => length === 1 || strides[axis] === expected[axis]);
}

export interface CollapsedViews {
  readonly shape: Shape;
  /** Strides of each view over the collapsed shape. */
  readonly strides: readonly (readonly number[])[];
}

/** Joins neighbouring dimensions that every view walks through as if they were one, and drops those of length 1. */
export function collapse(shape: Shape, views: readonly View[]): CollapsedViews {
  const lengths: number[] = [];
  const strides: number[][] = views.map(() => []);
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const joins = lengths.length > 0 && views.every((view, k) => strides[k].at(-1) === view.strides[axis] * length);
    if (joins) lengths[lengths.length - 1] *= length;
    else lengths.push(length);
    views.forEach((view, k) => {
      if (joins) strides[k][strides[k].length - 1] = view.strides[axis];
      else strides[k].push(view.strides[axis]);
    });
  });
  return { shape: lengths, strides };
}

/**
 * A view of the elements under another shape with as many elements, as NumPy's reshape without a copy.
 * @returns null where no strides express it
 */
export function reshapedView({ offset, strides }: View, from: Shape, to: Shape): View | null {
  // Runs of old dimensions that are walked through as one; new dimensions are cut out of them from the back.
  const {
    shape: runs,
    strides: [steps],
  } = collapse(from, [{ offset, strides }]);
  const result: number[] = Array(to.length).fill(0);
  let run = runs.length - 1;
  let left = runs[run] ?? 1;
  let step = steps[run] ?? 0;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    if (to[axis] === 1) continue;
    if (left === 1) {
      run--;
      left = runs[run];
      step = steps[run];
    }
    if (left % to[axis] !== 0) return null;
    result[axis] = step;
    step *= to[axis];
    left /= to[axis];
  }
  return { offset, strides: result };
}
