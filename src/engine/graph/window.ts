/** Windows that slide over the planes of [N, C, H, W]: those of a convolution and of a pooling. */

export type Pair = readonly [number, number];

/** One number for both axes, or [rows, columns]. */
export type PerAxis = number | Pair;

/** Zeros around a plane: one number for all sides, [rows, columns], or [[top, bottom], [left, right]]. */
export type Padding = PerAxis | readonly [Pair, Pair];

/** One axis of a plane, and the windows along it. */
export interface Axis {
  /** Elements of the plane. */
  readonly length: number;
  /** Elements that a window looks at, `dilation` apart. */
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding in front of the plane, and behind it. */
  readonly before: number;
  readonly after: number;
}

/** How windows slide, for both axes. */
export type Sliding = {
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly padding: readonly [Pair, Pair];
};

export const pairOf = (value: PerAxis): Pair => (typeof value === 'number' ? [value, value] : value);

export function paddingOf(padding: Padding): readonly [Pair, Pair] {
  const [rows, columns] = typeof padding === 'number' ? [padding, padding] : padding;
  return [pairOf(rows), pairOf(columns)];
}

/** The number that all of these are; null where they differ. */
export const commonOf = (values: readonly number[]): number | null =>
  values.every((value) => value === values[0]) ? values[0] : null;

/** What is wrong with how windows slide, and what would be right; undefined where nothing is. */
export function slidingProblem({ stride, dilation, padding }: Sliding): string | undefined {
  const whole = (values: readonly number[], least: number) =>
    values.every((value) => Number.isInteger(value) && value >= least);
  if (!whole(stride, 1)) return 'the stride is a whole number from 1';
  if (!whole(dilation, 1)) return 'the dilation is a whole number from 1';
  if (!whole(padding.flat(), 0)) return 'the padding is a whole number from 0';
  return undefined;
}

/** How windows slide, for messages: numbers as short as they can be given. */
export function slidingText({ stride, dilation, padding }: Sliding): string {
  const text = (pair: Pair) => String(commonOf(pair) ?? `[${pair.join(', ')}]`);
  const sides = padding.map(commonOf);
  const around = sides.includes(null) ? `[${padding.map((pair) => `[${pair.join(', ')}]`).join(', ')}]` : null;
  const dilated = commonOf(dilation) === 1 ? '' : `, dilation ${text(dilation)}`;
  return `stride ${text(stride)}, padding ${around ?? text(sides as unknown as Pair)}${dilated}`;
}

/** The two axes of a plane under windows of a kernel. */
export function axesOf(
  [height, width]: Pair,
  kernel: Pair,
  { stride, dilation, padding }: Sliding,
): readonly [Axis, Axis] {
  const axis = (length: number, i: 0 | 1): Axis => ({
    length,
    kernel: kernel[i],
    stride: stride[i],
    dilation: dilation[i],
    before: padding[i][0],
    after: padding[i][1],
  });
  return [axis(height, 0), axis(width, 1)];
}

/** Elements from the first to the last that a window looks at. */
export const extentOf = ({ kernel, dilation }: Pick<Axis, 'kernel' | 'dilation'>): number =>
  dilation * (kernel - 1) + 1;

/**
 * Number of windows along an axis; below 1 where none fits.
 * @param ceilMode a last window may hang over the padding behind, if it starts before that: in the plane or in front of it, as in PyTorch
 */
export function windowsAlong(axis: Axis, ceilMode = false): number {
  const { length, stride, before, after } = axis;
  const free = length + before + after - extentOf(axis);
  if (!ceilMode) return Math.floor(free / stride) + 1;
  const windows = Math.ceil(free / stride) + 1;
  return (windows - 1) * stride >= length + before ? windows - 1 : windows;
}
