import { hostArray, isSmall } from '../../graph/dtype.ts';
import { defineOp, literal } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import { elements, type Shape } from '../../graph/shape.ts';
import { type Axis, commonOf, extentOf, type Pair, windowsAlong } from '../../graph/window.ts';
import { depthwiseFits } from '../conv2d/depthwise.ts';
import { groupedConv2d, groupedConv2dGradientInput } from '../conv2d/groupedConv2d.ts';
import type { GroupedAttributes } from '../conv2d/groupedGeometry.ts';
import { convert } from '../elementwise/convert.ts';
import { divide, fill } from '../elementwise/elementwise.ts';
import { sum } from '../reduce/sum.ts';
import { indexSelect } from '../select/indexSelect.ts';
import { reshape, transpose } from '../shape/shape.ts';
import {
  type PoolOptions,
  type PoolWindows,
  pixelsOf,
  poolAxes,
  pooledShape,
  poolWindowsOf,
  windowsKernel,
} from './windows.ts';

export interface AveragePool2dOptions extends PoolOptions {
  /** Whether zeros of the padding count as elements, as in PyTorch unless said otherwise; what lies beyond it never does. */
  readonly countIncludePad?: boolean;
}

/**
 * Mean of each window: x [N, C, H, W] → [N, C, H', W'], H' = ⌊(H + top + bottom − dilation · (kernel − 1) − 1) / stride⌋ + 1,
 * or ⌈…⌉ + 1 with `ceilMode`. In f64 the exact sum, rounded, by the number of elements.
 * @throws ShapeError
 */
export function averagePool2d(x: Node, { countIncludePad = true, ...options }: AveragePool2dOptions): Node {
  const windows = poolWindowsOf(options);
  // A sum of a small format may be larger than its largest number.
  const wide = isSmall(x.dtype) ? convert(x, 'f32') : x;
  const sums = sumPool2d([wide], windows);
  const means = divide(sums, countsOf(poolAxes(x, windows), sums, { ceilMode: windows.ceilMode, countIncludePad }));
  return isSmall(x.dtype) ? convert(means, x.dtype) : means;
}

/** Elements that each window of a plane counts, as a tensor that broadcasts over the sums. */
function countsOf(
  axes: readonly [Axis, Axis],
  { dtype }: Node,
  { ceilMode, countIncludePad }: { ceilMode: boolean; countIncludePad: boolean },
): Node {
  const [rows, columns] = axes.map((axis) => {
    const { length, after } = axis;
    const counted = countIncludePad ? { ...axis, length: length + axis.before + after, before: 0 } : axis;
    return Array.from({ length: windowsAlong(axis, ceilMode) }, (_, i) => pixelsOf(counted, i).length);
  });
  const counts = rows.flatMap((height) => columns.map((width) => height * width));
  const common = commonOf(counts);
  if (common !== null) return fill([1, 1, 1, 1], common, dtype);
  const data = hostArray(dtype, counts.length);
  data.set(counts);
  return literal(data, [rows.length, columns.length], dtype);
}

/** Sum of each window. Linear, with `spread` as its transpose. */
const sumPool2d: Op<PoolWindows> = defineOp<PoolWindows>({
  name: 'sumPool2d',
  infer: ([x], windows) => ({ shape: pooledShape('averagePool2d', x, windows), dtype: x.dtype }),
  derivative: ({ inputs: [x], gradient, attributes }) => [
    spread([gradient], { ...attributes, plane: [x.shape[2], x.shape[3]] }),
  ],
  composite: ([x], windows) => {
    const axes = poolAxes(x, windows);
    if (x.dtype === 'f64') {
      const [rows, columns] = axes.map((axis) =>
        Array.from({ length: windowsAlong(axis, windows.ceilMode) }, (_, i) => pixelsOf(axis, i)),
      );
      return exactSums(x, rows, columns);
    }
    if (x.dtype !== 'f32' || !depthwiseFits(...axes)) return null;
    return ofPlanes(x, (planes) => groupedConv2d(planes, ones(windows), asConvolution(axes, windows)));
  },
  kernel: (context) => {
    const [x] = context.inputs;
    return windowsKernel('sums', context, poolAxes(x, context.attributes), context.attributes.ceilMode);
  },
  cost: ({ inputs: [x], output, attributes: { kernel } }) => ({
    flops: output.size * kernel[0] * kernel[1],
    bytes: x.bytes + output.bytes,
  }),
});

type SpreadAttributes = PoolWindows & { readonly plane: Pair };

/** Numbers of windows [N, C, H', W'] added up at the places of a plane that they see: [N, C, ...plane]. */
const spread: Op<SpreadAttributes> = defineOp<SpreadAttributes>({
  name: 'sumPool2dGradient',
  infer: ([gradient], { plane }) => ({ shape: [...gradient.shape.slice(0, 2), ...plane], dtype: gradient.dtype }),
  derivative: ({ gradient, attributes: { kernel, stride, padding, dilation, ceilMode } }) => [
    sumPool2d([gradient], { kernel, stride, padding, dilation, ceilMode }),
  ],
  composite: ([gradient], { plane, ...windows }) => {
    const axes = axesOfPlane(plane, windows);
    if (gradient.dtype === 'f64') {
      const [rows, columns] = axes.map((axis) => windowsOf(axis, windows.ceilMode));
      return exactSums(gradient, rows, columns);
    }
    if (gradient.dtype !== 'f32' || !depthwiseFits(...axes)) return null;
    return ofPlanes(gradient, (planes) =>
      groupedConv2dGradientInput(planes, ones(windows), asConvolution(axes, windows), plane),
    );
  },
  kernel: (context) => {
    const { plane, ceilMode } = context.attributes;
    return windowsKernel('spread', context, axesOfPlane(plane, context.attributes), ceilMode);
  },
  cost: ({ inputs: [gradient], output, attributes: { kernel } }) => ({
    flops: gradient.size * kernel[0] * kernel[1],
    bytes: gradient.bytes + output.bytes,
  }),
});

/** Sums are convolutions by ones, whose kernels for one channel load every row once: three to eight times as quick as adding up windows. */
const ones = ({ kernel }: PoolWindows): Node =>
  literal(new Float32Array(elements(kernel)).fill(1), [1, ...kernel, 1], 'f32');

/** Every plane as an image of one channel. */
function ofPlanes(x: Node, convolution: (planes: Node) => Node): Node {
  const [images, channels, ...plane] = x.shape;
  const y = convolution(reshape(x, [images * channels, 1, ...plane]));
  return reshape(y, [images, channels, ...y.shape.slice(2)]);
}

/** The windows as those of a convolution: zeros behind the plane take the place of what a last one hangs over. */
function asConvolution(axes: readonly [Axis, Axis], windows: PoolWindows): GroupedAttributes {
  const { stride, dilation, ceilMode } = windows;
  const padding = axes.map((axis): Pair => {
    const reach = (windowsAlong(axis, ceilMode) - 1) * axis.stride + extentOf(axis);
    return [axis.before, Math.max(axis.after, reach - axis.length - axis.before)];
  });
  return { stride, dilation, padding: [padding[0], padding[1]], groups: 1 };
}

const axesOfPlane = (plane: Pair, windows: PoolWindows) => poolAxes({ shape: [1, 1, ...plane], dtype: 'f32' }, windows);

/** Windows along an axis that see each place of it. */
function windowsOf(axis: Axis, ceilMode: boolean): number[][] {
  const seeing = Array.from({ length: axis.length }, (): number[] => []);
  for (let i = 0; i < windowsAlong(axis, ceilMode); i++) for (const place of pixelsOf(axis, i)) seeing[place].push(i);
  return seeing;
}

/** Sums of f64 over rectangles of the planes of x, exact and rounded once: of the places of some rows, and of some columns. */
function exactSums(x: Node, rows: readonly number[][], columns: readonly number[][]): Node {
  const [images, channels, height, width] = x.shape;
  const longest = (lists: readonly number[][]) => Math.max(1, ...lists.map(({ length }) => length));
  const terms = longest(rows) * longest(columns);
  const outputs: Shape = [rows.length, columns.length];
  // An index of no row gives zeros.
  const table = new Int32Array(elements(outputs) * terms).fill(-1);
  rows.forEach((ys, row) => {
    columns.forEach((xs, column) => {
      table.set(
        ys.flatMap((y) => xs.map((place) => y * width + place)),
        (row * columns.length + column) * terms,
      );
    });
  });
  const planes = images * channels;
  const byPlace = transpose(reshape(x, [planes, height * width]), [1, 0]);
  const picked = indexSelect(byPlace, literal(table, [table.length], 'i32'));
  const totals = sum(reshape(picked, [elements(outputs), terms, planes]), [1]);
  return reshape(transpose(totals, [1, 0]), [images, channels, ...outputs]);
}
