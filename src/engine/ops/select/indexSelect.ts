import shader from '../../../shaders/select/indexSelect.wgsl';
import { ShapeError } from '../../errors.ts';
import { formats } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Attributes, KernelContext, Node, Op } from '../../graph/op.ts';
import { describe, elements, type TensorType } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';

/**
 * Rows by index, as `torch.index_select(x, 0, indices)`: x [N, …], indices i32[M] → [M, …]. A batch is picked this way from a data
 * set that lies on the device. An index outside of 0 to N − 1 gives a row of zeros.
 * @throws ShapeError
 */
export function indexSelect(x: Node, indices: Node): Node {
  return select([x, indices], {});
}

const select = defineOp<Attributes>({
  name: 'indexSelect',
  infer: ([x, indices]) => {
    check('indexSelect', x, indices);
    return { shape: [...indices.shape, ...x.shape.slice(1)], dtype: x.dtype };
  },
  derivative: ({ inputs: [x, indices], gradient }) => [indexAdd([gradient, indices], { rows: x.shape[0] }), null],
  kernel: (context) => rowKernel(context, 'pick', context.inputs[0].shape[0]),
  cost: ({ inputs: [, indices], output }) => ({ flops: 0, bytes: 2 * output.bytes + indices.bytes }),
});

/** The transpose of `indexSelect`: x [M, …] is added up into N rows; a row that no index names is zero. */
const indexAdd: Op<{ readonly rows: number }> = defineOp({
  name: 'indexAdd',
  infer: ([x, indices], { rows }) => {
    check('indexAdd', x, indices);
    return { shape: [rows, ...x.shape.slice(1)], dtype: x.dtype };
  },
  derivative: ({ inputs: [, indices], gradient }) => [indexSelect(gradient, indices), null],
  kernel: (context) => rowKernel(context, 'accumulate', context.attributes.rows),
  cost: ({ inputs: [x, indices], output }) => ({ flops: x.size, bytes: x.bytes + indices.bytes + output.bytes }),
});

function rowKernel({ inputs: [x, indices], output: y }: KernelContext<Attributes>, entry: string, rows: number) {
  const row = elements(y.shape.slice(1));
  return {
    shader,
    entry,
    constants: { T: y.dtype },
    bind: { x, indices, y },
    sizes: { row, rows, picks: indices.size, zero: 0 },
    grid: gridOver(y.size),
  };
}

function check(name: string, x: TensorType, indices: TensorType): void {
  const wrong = (why: string) => new ShapeError(`${name}(${describe(x)}, ${describe(indices)}): ${why}`);
  if (!formats[x.dtype].floating || x.shape.length === 0)
    throw wrong('the first operand is of a floating-point format, with at least one axis');
  if (indices.dtype !== 'i32' || indices.shape.length !== 1) throw wrong('the indices are i32 with one axis');
}
