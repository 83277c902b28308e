import shader from '../../../shaders/pool/windows.wgsl';
import { ShapeError } from '../../errors.ts';
import { formats } from '../../graph/dtype.ts';
import type { KernelCall, KernelContext } from '../../graph/op.ts';
import { describe, type Shape, type TensorType } from '../../graph/shape.ts';
import {
  type Axis,
  axesOf,
  extentOf,
  type Padding,
  type Pair,
  type PerAxis,
  paddingOf,
  pairOf,
  type Sliding,
  slidingProblem,
  slidingText,
  windowsAlong,
} from '../../graph/window.ts';
import { foldedGrid } from '../../kernels/grid.ts';

/** How windows of a pooling slide over planes. */
export interface PoolOptions {
  readonly kernel: PerAxis;
  /** The kernel's size unless given, as in PyTorch. */
  readonly stride?: PerAxis;
  /** Smaller than the window. */
  readonly padding?: Padding;
  /** Pixels from one element of a window to the next. */
  readonly dilation?: PerAxis;
  /** A last window may hang over the padding behind, as long as it starts before that. */
  readonly ceilMode?: boolean;
}

export type PoolWindows = Sliding & { readonly kernel: Pair; readonly ceilMode: boolean };

export function poolWindowsOf({
  kernel,
  stride = kernel,
  padding = 0,
  dilation = 1,
  ceilMode = false,
}: PoolOptions): PoolWindows {
  const size = pairOf(kernel);
  const [rows, columns] = pairOf(dilation);
  return {
    kernel: size,
    stride: pairOf(stride),
    padding: paddingOf(padding),
    // The distance to the next element says nothing where there is one.
    dilation: [size[0] === 1 ? 1 : rows, size[1] === 1 ? 1 : columns],
    ceilMode,
  };
}

/** The axes of a plane of [N, C, H, W] under windows. */
export const poolAxes = ({ shape }: TensorType, windows: PoolWindows): readonly [Axis, Axis] =>
  axesOf([shape[2], shape[3]], windows.kernel, windows);

/** The shape of one number for each window. @param name of the op, for messages. @throws ShapeError */
export function pooledShape(name: string, x: TensorType, windows: PoolWindows): Shape {
  const { kernel, ceilMode } = windows;
  const how = `kernel [${kernel.join(', ')}], ${slidingText(windows)}${ceilMode ? ', ceil mode' : ''}`;
  const wrong = (why: string) => new ShapeError(`${name}(${describe(x)}), ${how}: ${why}`);
  if (x.shape.length !== 4 || !formats[x.dtype].floating)
    throw wrong('the input is [N, C, H, W] of a floating-point format');
  if (kernel.some((length) => !Number.isInteger(length) || length < 1))
    throw wrong('the kernel is a whole number from 1');
  const problem = slidingProblem(windows);
  if (problem !== undefined) throw wrong(problem);
  const [images, channels] = x.shape;
  const [height, width] = poolAxes(x, windows).map((axis) => {
    if (Math.max(axis.before, axis.after) >= extentOf(axis)) throw wrong('the padding is smaller than the window');
    const count = windowsAlong(axis, ceilMode);
    if (count < 1) throw wrong('the kernel is larger than the padded input');
    if (Array.from({ length: count }, (_, i) => i).some((i) => pixelsOf(axis, i).length === 0))
      throw wrong('a window lies in the padding alone');
    return count;
  });
  return [images, channels, height, width];
}

/** Places of the plane that a window sees along an axis. */
export function pixelsOf({ length, kernel, stride, dilation, before }: Axis, window: number): number[] {
  return Array.from({ length: kernel }, (_, k) => window * stride - before + k * dilation).filter(
    (place) => place >= 0 && place < length,
  );
}

/** Workgroups that keep a device busy. */
const ENOUGH_WORKGROUPS = 256;

/** A kernel of `pool/windows.wgsl` that writes planes of as many rows as its output has. */
export function windowsKernel(
  entry: string,
  { inputs: [source], output }: Pick<KernelContext<never>, 'inputs' | 'output'>,
  [rows, columns]: readonly [Axis, Axis],
  ceilMode: boolean,
): KernelCall {
  const [images, channels, height] = output.shape;
  const planes = images * channels;
  const wanted = Math.min(height, Math.ceil(ENOUGH_WORKGROUPS / planes));
  const bandRows = Math.ceil(height / wanted);
  const bands = Math.ceil(height / bandRows);
  const workgroups = planes * bands;
  return {
    shader,
    entry,
    constants: { T: source.dtype },
    bind: entry === 'positions_of_maxima' ? { source, found: output } : { source, output },
    sizes: {
      workgroups,
      bands,
      bandRows,
      height: rows.length,
      width: columns.length,
      windows: [windowsAlong(rows, ceilMode), windowsAlong(columns, ceilMode)],
      kernel: [rows.kernel, columns.kernel],
      stride: [rows.stride, columns.stride],
      dilation: [rows.dilation, columns.dilation],
      padding: [rows.before, columns.before],
      zero: 0,
    },
    grid: foldedGrid(workgroups),
  };
}
