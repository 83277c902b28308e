import gatherShader from '../../../shaders/select/gather.wgsl';
import scatterShader from '../../../shaders/select/scatterAdd.wgsl';
import { ShapeError } from '../../errors.ts';
import { checkedAxes } from '../../graph/axes.ts';
import { formats, movedType } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import { describe, elements, type Shape, type TensorType } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { reshape } from '../shape/shape.ts';

/**
 * Slices of x picked by index along an axis, as NumPy's `take` and ONNX's `Gather`: x [A…, length, B…], indices i32 [I…] → [A…, I…, B…].
 * Negative indices count from the end; an index that is none gives zeros. Slices of floating-point numbers have gradients, which are
 * added up in the order of the indices.
 * @throws ShapeError
 */
export function gather(x: Node, indices: Node, axis = 0): Node {
  const [along] = checkedAxes('gather', x, [axis]);
  if (indices.dtype !== 'i32') throw new ShapeError(`gather: the indices are ${describe(indices)}, not i32`);
  const picked = gatherOp([x, reshape(indices, [indices.size])], { axis: along });
  return reshape(picked, [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)]);
}

const inner = (shape: Shape, axis: number): number => elements(shape.slice(axis + 1));

const gatherOp = defineOp<{ axis: number }>({
  name: 'gather',
  infer: ([x, indices], { axis }) => ({ shape: x.shape.with(axis, indices.shape[0]), dtype: x.dtype }),
  derivative: ({ inputs: [x, indices], gradient, attributes: { axis } }) => [
    formats[x.dtype].floating ? scatterAdd([gradient, indices], { axis, length: x.shape[axis] }) : null,
    null,
  ],
  kernel: ({ inputs: [x, indices], output: y, attributes: { axis } }) => ({
    shader: gatherShader,
    entry: 'gather',
    constants: { STORED: movedType(x.dtype) },
    bind: { x, indices, y },
    sizes: { size: y.size, length: x.shape[axis], picks: indices.size, inner: inner(x.shape, axis) },
    grid: gridOver(y.size),
  }),
  cost: ({ inputs: [, indices], output }) => ({ flops: 0, bytes: 2 * output.bytes + indices.bytes }),
});

/** The transpose of `gather`: slices of x are added up into `length` slices; one that no index names is zero. */
const scatterAdd: Op<{ readonly axis: number; readonly length: number }> = defineOp({
  name: 'scatterAdd',
  infer: ([x], { axis, length }): TensorType => ({ shape: x.shape.with(axis, length), dtype: x.dtype }),
  derivative: ({ inputs: [, indices], gradient, attributes: { axis } }) => [
    gatherOp([gradient, indices], { axis }),
    null,
  ],
  kernel: ({ inputs: [x, indices], output: y, attributes: { axis, length } }) => ({
    shader: scatterShader,
    entry: 'scatter_add',
    constants: { T: x.dtype },
    bind: { x, indices, y },
    sizes: { size: y.size, length, picks: indices.size, inner: inner(x.shape, axis), zero: 0 },
    grid: gridOver(y.size),
  }),
  cost: ({ inputs: [x, indices], output }) => ({ flops: x.size, bytes: x.bytes + indices.bytes + output.bytes }),
});
