import { ShapeError } from '../../errors.ts';
import type { Node } from '../../graph/op.ts';
import { describe, elements, type Shape, sameShape, type TensorType } from '../../graph/shape.ts';
import { expand, sum } from '../reduce/sum.ts';
import { reshape } from '../shape/shape.ts';

/** Batches of matrices: […, rows, columns]. */

const leading = ({ shape }: TensorType): Shape => shape.slice(0, -2);

/**
 * Products of batches of matrices whose leading axes broadcast.
 * @param multiply what gives the products of [B, …] and [B, …], either B being perhaps 1
 * @throws ShapeError
 */
export function inBatches(a: Node, b: Node, multiply: (a: Node, b: Node) => Node): Node {
  const [first, second] = [leading(a), leading(b)];
  const rank = Math.max(first.length, second.length);
  const shape = Array.from({ length: rank }, (_, axis) => {
    const lengths = [first, second].map((each) => each[axis - rank + each.length] ?? 1);
    if (lengths[0] !== lengths[1] && !lengths.includes(1))
      throw new ShapeError(`matmul: the leading axes of ${describe(a)} and ${describe(b)} do not broadcast`);
    return Math.max(...lengths);
  });
  const products = multiply(inOneAxis(a, shape), inOneAxis(b, shape));
  return reshape(products, [...shape, ...products.shape.slice(1)]);
}

/** A batch in one axis: as many matrices as `shape` has elements, or a single one. */
function inOneAxis(x: Node, shape: Shape): Node {
  const matrix = x.shape.slice(-2);
  const axes = leading(x);
  if (elements(axes) === 1) return reshape(x, [1, ...matrix]);
  const fits = sameShape([...Array<number>(shape.length - axes.length).fill(1), ...axes], shape);
  const whole = fits ? x : expand(x, [...shape, ...matrix]);
  return reshape(whole, [elements(shape), ...matrix]);
}

/** A gradient of the matrices of x: summed over the products where x has a single matrix that all of them read. */
export function sumOverBatch(gradient: Node, x: TensorType): Node {
  return x.shape.length === 3 && x.shape[0] < gradient.shape[0] ? sum(gradient, [0], { keepDims: true }) : gradient;
}
