import shader from '../../../shaders/select/oneHot.wgsl';
import { ShapeError } from '../../errors.ts';
import type { DType } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { cast } from '../elementwise/elementwise.ts';

const oneHotOp = defineOp<{ classes: number }>({
  name: 'oneHot',
  infer([labels], { classes }) {
    if (labels.shape.length !== 1 || labels.dtype !== 'i32')
      throw new ShapeError(`oneHot: labels are ${describe(labels)}, not i32[N]`);
    return { shape: [labels.shape[0], classes], dtype: 'f32' };
  },
  derivative: null,
  kernel: ({ inputs: [labels], output, attributes: { classes } }) => ({
    shader,
    entry: 'one_hot',
    bind: { labels, y: output },
    sizes: { size: output.size, classes },
    grid: gridOver(output.size),
  }),
  cost: ({ inputs: [labels], output }) => ({ flops: 0, bytes: labels.bytes + output.bytes }),
});

/**
 * Rows with a 1 at the label and 0 elsewhere: labels i32[N] → [N, classes] of any format. A label that is no class gives a row of zeros.
 * @throws ShapeError
 */
export const oneHot = (labels: Node, classes: number, dtype: DType = 'f32'): Node =>
  cast(oneHotOp([labels], { classes }), dtype);
