import concatenateShader from '../../../shaders/shape/concatenate.wgsl';
import padShader from '../../../shaders/shape/pad.wgsl';
import { ShapeError } from '../../errors.ts';
import { BINDING_ALIGNMENT } from '../../graph/capabilities.ts';
import { formats, isWide, movedType } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node } from '../../graph/op.ts';
import { describe, elements, type Shape, sameShape } from '../../graph/shape.ts';
import { reshapedView, rowMajor } from '../../graph/view.ts';
import { gridOver } from '../../kernels/grid.ts';
import { defineRearrangement } from '../elementwise/fused.ts';

/** Ops that move elements and compute nothing. */

const reshapeOp = defineOp<{ shape: Shape }>({
  name: 'reshape',
  infer([x], { shape }) {
    if (elements(shape) !== elements(x.shape))
      throw new ShapeError(`reshape: ${describe(x)} does not fill the shape [${shape.join(', ')}]`);
    return { shape, dtype: x.dtype };
  },
  view: (where, x, { shape }) => reshapedView(where, x.shape, shape),
  derivative: ({ inputs: [x], gradient }) => [reshape(gradient, x.shape)],
  kernel: () => [],
  cost: () => ({ flops: 0, bytes: 0 }),
  aliases: 0,
  anyFormat: true,
});

/** The elements of x under another shape; moves nothing. @throws ShapeError when the number of elements differs */
export function reshape(x: Node, shape: Shape): Node {
  const source = x.op === reshapeOp.definition ? x.inputs[0] : x;
  return sameShape(source.shape, shape) ? source : reshapeOp([source], { shape: [...shape] });
}

const transposeOp = defineRearrangement<{ permutation: readonly number[] }>({
  name: 'transpose',
  infer([x], { permutation }) {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (permutation.length !== x.shape.length || sorted.some((axis, i) => axis !== i))
      throw new ShapeError(`transpose: [${permutation.join(', ')}] is no permutation of the axes of ${describe(x)}`);
    return { shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype };
  },
  view: ({ offset, strides }, _, { permutation }) => ({ offset, strides: permutation.map((axis) => strides[axis]) }),
  derivative: ({ gradient, attributes: { permutation } }) => [
    transpose(
      gradient,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
});

/** Axis i of the result is axis `permutation[i]` of x, as NumPy's transpose and PyTorch's permute. @throws ShapeError */
export function transpose(x: Node, permutation: readonly number[]): Node {
  const moved = permutation.some((axis, i) => axis !== i) || permutation.length !== x.shape.length;
  return moved ? transposeOp([x], { permutation: [...permutation] }) : x;
}

const sliceOp = defineRearrangement<{ starts: readonly number[]; ends: readonly number[] }>({
  name: 'slice',
  infer([x], { starts, ends }) {
    const rank = x.shape.length;
    const fits =
      starts.length === rank &&
      ends.length === rank &&
      x.shape.every((length, axis) => starts[axis] >= 0 && starts[axis] < ends[axis] && ends[axis] <= length);
    if (!fits)
      throw new ShapeError(`slice: ${describe(x)} has no part from [${starts.join(', ')}] to [${ends.join(', ')}]`);
    return { shape: ends.map((end, axis) => end - starts[axis]), dtype: x.dtype };
  },
  view: ({ offset, strides }, _, { starts }) => ({
    offset: strides.reduce((sum, stride, axis) => sum + stride * starts[axis], offset),
    strides,
  }),
  derivative: ({ inputs: [x], gradient, attributes: { starts, ends } }) => [
    pad(
      gradient,
      starts,
      x.shape.map((length, axis) => length - ends[axis]),
    ),
  ],
});

/** The part of x from `starts` (included) to `ends` (excluded), one number for each axis. @throws ShapeError */
export function slice(x: Node, starts: readonly number[], ends: readonly number[]): Node {
  const all = starts.every((start) => start === 0) && sameShape(ends, x.shape);
  return all ? x : sliceOp([x], { starts: [...starts], ends: [...ends] });
}

const padOp = defineOp<{ before: readonly number[]; after: readonly number[] }>({
  name: 'pad',
  infer([x], { before, after }) {
    const widths = [...before, ...after];
    if (before.length !== x.shape.length || after.length !== x.shape.length)
      throw new ShapeError(`pad: ${describe(x)} takes ${x.shape.length} widths before and after`);
    if (widths.some((width) => !Number.isInteger(width) || width < 0))
      throw new ShapeError(`pad: the widths [${widths.join(', ')}] are not all 0 or more`);
    if (x.shape.length > 6) throw new ShapeError(`pad: ${describe(x)} has more than 6 dimensions`);
    return { shape: x.shape.map((length, axis) => before[axis] + length + after[axis]), dtype: x.dtype };
  },
  derivative: ({ inputs: [x], gradient, attributes: { before } }) => [
    slice(
      gradient,
      before,
      x.shape.map((length, axis) => before[axis] + length),
    ),
  ],
  kernel: ({ inputs: [x], output, attributes: { before } }) => ({
    shader: padShader,
    entry: 'pad',
    constants: { TYPE: movedType(x.dtype), RANK: x.shape.length },
    bind: { x, y: output },
    sizes: {
      size: output.size,
      shape: dimensions(output.shape),
      before: dimensions(before),
      part: dimensions(x.shape),
      strides: dimensions(rowMajor(x.shape)),
    },
    grid: gridOver(output.size),
  }),
  cost: ({ inputs: [x], output }) => ({ flops: 0, bytes: x.bytes + output.bytes }),
});

/** Numbers for an array of two vec4u. */
const dimensions = (numbers: readonly number[]): number[] => Array.from({ length: 8 }, (_, i) => numbers[i] ?? 1);

/** x with `before[axis]` zeros in front of each axis and `after[axis]` behind it. @throws ShapeError */
export function pad(x: Node, before: readonly number[], after: readonly number[]): Node {
  const none = [...before, ...after].every((width) => width === 0) && before.length === x.shape.length;
  return none ? x : padOp([x], { before: [...before], after: [...after] });
}

const concatenateOp = defineOp<{ axis: number }>({
  name: 'concatenate',
  infer(inputs, { axis }) {
    const [{ shape, dtype }] = inputs;
    const fits = inputs.every(
      (input) => input.dtype === dtype && sameShape(input.shape.with(axis, 0), shape.with(axis, 0)),
    );
    if (!fits) throw new ShapeError(`concatenate: ${inputs.map(describe).join(', ')} do not join along axis ${axis}`);
    return {
      shape: shape.with(
        axis,
        inputs.reduce((sum, input) => sum + input.shape[axis], 0),
      ),
      dtype,
    };
  },
  derivative({ inputs, gradient, attributes: { axis } }) {
    let start = 0;
    return inputs.map(({ shape }) => {
      const from = start;
      start += shape[axis];
      const starts = shape.map((_, i) => (i === axis ? from : 0));
      return slice(
        gradient,
        starts,
        starts.map((first, i) => first + shape[i]),
      );
    });
  },
  /** Tensors that lie one behind the other in memory as well are computed where they go. */
  places: (inputs, { axis }) => {
    const [{ shape, dtype }] = inputs;
    const sizes = inputs.map((input) => elements(input.shape));
    const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
    const bindable = (start: number) => (start * formats[dtype].bytes) % BINDING_ALIGNMENT === 0;
    const inRow = elements(shape.slice(0, axis)) === 1;
    return starts.map((start) => (inRow && bindable(start) ? start : null));
  },
  gapless: true,
  kernel({ inputs, output, attributes: { axis }, sharesBuffer }) {
    const rowOf = (shape: Shape) => elements(shape.slice(axis));
    const rows = inputs.map(({ shape }) => rowOf(shape));
    // Four elements at once where all rows are whole vec4s: finding an element's row costs more than moving it.
    const unit = !isWide(output.dtype) && rows.every((row) => row % 4 === 0) ? 4 : 1;
    const type = movedType(output.dtype);
    let start = 0;
    return inputs.flatMap((x, i) => {
      const offset = start / unit;
      start += rows[i];
      if (sharesBuffer(i)) return [];
      return {
        shader: concatenateShader,
        entry: 'place',
        constants: { TYPE: unit === 4 ? `vec4<${type}>` : type },
        bind: { x, y: output },
        sizes: { count: x.size / unit, row: rows[i] / unit, pitch: rowOf(output.shape) / unit, offset },
        grid: gridOver(x.size / unit),
      };
    });
  },
  cost: ({ output }) => ({ flops: 0, bytes: 2 * output.bytes }),
});

/** Tensors one behind the other along an axis, which may be negative, counting from the last. @throws ShapeError */
export function concatenate(xs: readonly Node[], axis: number): Node {
  if (xs.length === 0) throw new ShapeError('concatenate: no tensors are given');
  const rank = xs[0].shape.length;
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank)
    throw new ShapeError(`concatenate: ${describe(xs[0])} has no axis ${axis}`);
  // A copy: the caller's list may change.
  return xs.length === 1 ? xs[0] : concatenateOp([...xs], { axis: positive });
}
