import { ShapeError } from '../errors.ts';
import { describe, elements, type Node, type Shape, sameShape } from '../graph.ts';
import { defineOp } from '../op.ts';

const reshapeOp = defineOp<{ shape: Shape }>({
  name: 'reshape',
  infer([x], { shape }) {
    if (elements(shape) !== elements(x.shape))
      throw new ShapeError(`reshape: ${describe(x)} does not fill the shape [${shape.join(', ')}]`);
    return { shape, dtype: x.dtype };
  },
  derivative: ({ inputs: [x], gradient }) => [reshape(gradient, x.shape)],
  kernel: () => [],
  cost: () => ({ flops: 0, bytes: 0 }),
  aliases: 0,
});

/** The same elements under another shape; moves nothing. @throws ShapeError when the number of elements differs */
export function reshape(x: Node, shape: Shape): Node {
  return sameShape(x.shape, shape) ? x : reshapeOp([x], { shape: [...shape] });
}
