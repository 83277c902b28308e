import { elements, literal, type Node, type Shape } from '../../../src/engine/index.ts';

/** A literal whose value does not matter: a gradient by it does not depend on it. */
export function zeros(shape: Shape, like: Node): Node {
  const data = like.dtype === 'f32x2' || like.dtype === 'f64' ? Float64Array : Float32Array;
  return literal(new data(elements(shape)), shape, like.dtype);
}
