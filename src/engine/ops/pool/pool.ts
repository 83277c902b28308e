import maximaShader from '../../../shaders/pool/maxima.wgsl';
import shader from '../../../shaders/pool/pool.wgsl';
import { ShapeError } from '../../errors.ts';
import { type DType, formats } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { KernelCall, Node, Operand } from '../../graph/op.ts';
import { describe, type Shape, type TensorType } from '../../graph/shape.ts';
import { commonOf, extentOf } from '../../graph/window.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { max, mean } from '../reduce/reduce.ts';
import { type PoolOptions, type PoolWindows, poolAxes, pooledShape, poolWindowsOf, windowsKernel } from './windows.ts';

/** One kernel size, stride and padding for both axes. */
type Squares = { readonly kernel: number; readonly stride: number; readonly padding: number };

type Windows = Squares | PoolWindows;

/**
 * Largest element of each window: x [N, C, H, W] → [N, C, H', W'], H' = ⌊(H + top + bottom − dilation · (kernel − 1) − 1) / stride⌋ + 1,
 * or ⌈…⌉ + 1 with `ceilMode`. A padded position is never the maximum. The gradient goes to the first of equal maxima, row by row; a NaN is
 * larger than everything, and of several it goes to the last, as in PyTorch 2.15.
 * @throws ShapeError
 */
export function maxPool2d(x: Node, options: PoolOptions): Node {
  const windows = poolWindowsOf(options);
  const squares = squaresOf(windows);
  return squares === null
    ? take(x, windowPositionsOp([x], windows), windows)
    : take(x, positionsOp([x], squares), squares);
}

/** Windows that are alike in both axes, as one number each; null for others. */
const squaresOf = (windows: PoolWindows): Squares | null =>
  windows.ceilMode || commonOf(windows.padding.flat()) === null ? null : asSquares(windows);

/** Largest element of each plane: x [N, C, H, W] → [N, C]. @throws ShapeError */
export function globalMaxPool(x: Node): Node {
  if (x.shape.length !== 4) throw new ShapeError(`globalMaxPool takes [N, C, H, W], not ${describe(x)}`);
  return max(x, [2, 3]);
}

/** Mean of each plane: x [N, C, H, W] → [N, C]. @throws ShapeError */
export function globalAveragePool(x: Node): Node {
  if (x.shape.length !== 4) throw new ShapeError(`globalAveragePool takes [N, C, H, W], not ${describe(x)}`);
  return mean(x, [2, 3]);
}

/** Where in its plane the maximum of each window is: i32 [N, C, H', W']. */
const positionsOp = defineOp<Squares>({
  name: 'maxPool2dPositions',
  infer: ([x], windows) => ({ shape: shapeOfSquares(x, windows), dtype: 'i32' }),
  derivative: null,
  kernel: ({ inputs: [x], output, attributes }) => ({
    ...call('positions_of_maxima', x.dtype, x.shape, output.shape, attributes),
    bind: { source: x, found: output },
  }),
  cost: ({ inputs: [x], output, attributes: { kernel } }) => ({
    flops: output.size * kernel * kernel,
    bytes: x.bytes + output.bytes,
  }),
});

/** The positions of any windows. */
const windowPositionsOp = defineOp<PoolWindows>({
  name: 'maxPool2dWindowPositions',
  infer: ([x], windows) => ({ shape: pooledShape('maxPool2d', x, windows), dtype: 'i32' }),
  derivative: null,
  kernel: (context) => {
    const {
      inputs: [x],
      output,
      attributes,
    } = context;
    if (asSquares(attributes) === null)
      return windowsKernel('positions_of_maxima', context, poolAxes(x, attributes), attributes.ceilMode);
    // The kernel of squares takes any number of windows that begin in the plane or in front of it.
    const bind = { source: x, found: output };
    return { ...call('positions_of_maxima', x.dtype, x.shape, output.shape, attributes), bind };
  },
  cost: ({ inputs: [x], output, attributes: { kernel } }) => ({
    flops: output.size * kernel[0] * kernel[1],
    bytes: x.bytes + output.bytes,
  }),
});

/** Values [N, C, H, W] at the positions [N, C, H', W']. Linear in the values. */
const take = (values: Node, positions: Node, windows: Windows): Node => takeOp([values, positions], windows);

const takeOp = defineOp<Windows>({
  name: 'maxPool2dTake',
  infer: ([values, positions]) => ({ shape: positions.shape, dtype: values.dtype }),
  derivative: ({ inputs: [values, positions], gradient, attributes }) => [
    put(gradient, positions, { ...attributes, height: values.shape[2], width: values.shape[3] }),
    null,
  ],
  prologue: (input, before, { inputs: [values], sole }) => input === 1 && sole && areMaximaOf(before, values),
  kernel: ({ inputs: [values, positions], output, attributes }) => {
    if (positions.through !== undefined) return maxima(values, output, attributes);
    return {
      ...call('take', values.dtype, values.shape, output.shape, attributes),
      bind: { values, positions, output },
    };
  },
  cost: ({ inputs: [, positions], output }) => ({ flops: 0, bytes: positions.bytes + 2 * output.bytes }),
});

/** Whether a node finds where the maxima of windows over x are, windows that the kernels of squares take. */
const areMaximaOf = ({ op, inputs: [x], attributes }: Node, values: Node): boolean =>
  x === values &&
  (op === positionsOp.definition ||
    (op === windowPositionsOp.definition && asSquares(attributes as unknown as PoolWindows) !== null));

/** The maxima themselves, where nothing else asks for their positions. */
function maxima(source: Operand, output: Operand, windows: Windows): KernelCall {
  const [images, channels, height, width] = source.shape;
  const [, , outHeight, outWidth] = output.shape;
  const planes = images * channels;
  const { kernel, stride, padding } = inSquares(windows);
  return {
    shader: maximaShader,
    entry: 'maxima',
    constants: { T: source.dtype, KERNEL: kernel, SHARED: kernel === stride + 1 ? 1 : 0 },
    bind: { source, output },
    sizes: { planes, height, width, outHeight, outWidth, stride, padding },
    grid: foldedGrid(planes),
  };
}

type PutAttributes = Windows & { readonly height: number; readonly width: number };

/** The transpose of `take`: values [N, C, H', W'] added up at their positions in planes [N, C, height, width] of zeros. */
const put = (values: Node, positions: Node, attributes: PutAttributes): Node => putOp([values, positions], attributes);

const putOp = defineOp<PutAttributes>({
  name: 'maxPool2dPut',
  infer: ([values], { height, width }) => ({
    shape: [...values.shape.slice(0, 2), height, width],
    dtype: values.dtype,
  }),
  derivative: ({ inputs: [, positions], gradient, attributes: { height, width, ...windows } }) => [
    take(gradient, positions, windows as Windows),
    null,
  ],
  kernel: ({ inputs: [values, positions], output, attributes }) => ({
    ...call('put', values.dtype, output.shape, values.shape, attributes),
    bind: { values, positions, output },
  }),
  cost: ({ inputs: [values, positions], output }) => ({
    flops: values.size,
    bytes: values.bytes + positions.bytes + output.bytes,
  }),
});

function shapeOfSquares(x: TensorType, { kernel, stride, padding }: Squares): Shape {
  const wrong = (why: string) =>
    new ShapeError(`maxPool2d(${describe(x)}), kernel ${kernel}, stride ${stride}, padding ${padding}: ${why}`);
  if (x.shape.length !== 4 || !formats[x.dtype].floating)
    throw wrong('the input is [N, C, H, W] of a floating-point format');
  if (!Number.isInteger(kernel) || kernel < 1) throw wrong('the kernel is a whole number from 1');
  if (!Number.isInteger(stride) || stride < 1) throw wrong('the stride is a whole number from 1');
  if (!Number.isInteger(padding) || padding < 0 || padding >= kernel)
    throw wrong('the padding is a whole number from 0 and smaller than the kernel');
  const [images, channels, ...plane] = x.shape;
  const [height, width] = plane.map((length) => Math.floor((length + 2 * padding - kernel) / stride) + 1);
  if (height < 1 || width < 1) throw wrong('the kernel is larger than the padded input');
  return [images, channels, height, width];
}

/** A workgroup for each plane. */
const call = (
  entry: string,
  T: DType,
  [images, channels, height, width]: Shape,
  [, , outHeight, outWidth]: Shape,
  windows: Windows,
): Omit<KernelCall, 'bind'> => {
  const planes = images * channels;
  const { kernel, stride, padding, reach } = inSquares(windows);
  return {
    shader,
    entry,
    constants: { T, KERNEL: kernel },
    sizes: { planes, height, width, outHeight, outWidth, stride, padding, reach, zero: 0 },
    grid: foldedGrid(planes),
  };
};

/** What the kernels of squares know of windows: of others, only how far apart they have nothing in common. */
function inSquares(windows: Windows): Squares & { readonly reach: number } {
  const squares = isSquares(windows) ? windows : asSquares(windows);
  if (squares !== null) return { ...squares, reach: Math.ceil(squares.kernel / squares.stride) };
  const { kernel, stride, dilation } = windows as PoolWindows;
  const reaches = kernel.map((size, i) => Math.ceil(extentOf({ kernel: size, dilation: dilation[i] }) / stride[i]));
  return { kernel: 1, stride: 1, padding: 0, reach: Math.max(...reaches) };
}

const isSquares = (windows: Windows): windows is Squares => typeof windows.kernel === 'number';

/** Windows that are alike in both axes but for their number, with the padding in front; null for others. */
function asSquares({ kernel, stride, padding: [rows, columns], dilation }: PoolWindows): Squares | null {
  const [size, step, before] = [kernel, stride, [rows[0], columns[0]]].map(commonOf);
  if (size === null || step === null || before === null || commonOf([...dilation, 1]) === null) return null;
  return { kernel: size, stride: step, padding: before };
}
