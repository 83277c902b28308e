import { ShapeError } from '../errors.ts';
import { reachable } from '../graph/graph.ts';
import type { Node } from '../graph/op.ts';
import { describe, sameShape } from '../graph/shape.ts';
import { add, fill, zeros } from '../ops/elementwise/elementwise.ts';
import { isRecomputed, recomputation } from './recompute.ts';
import { decodedAgain, isStored, notRemembered } from './stored.ts';

/**
 * Reverse-mode derivatives, graph to graph: the gradient of a scalar with respect to each of `wrt`.
 * The rules are written in ops, so the result can be differentiated again.
 * @param seed gradient of the loss itself, 1 unless given; with a seed the output need not be a scalar (vector-Jacobian product)
 * @throws ShapeError when the loss is no scalar and no seed is given, or when an op on the way has no derivative
 */
export function gradients(loss: Node, wrt: readonly Node[], seed?: Node): Node[] {
  if (seed === undefined && loss.size !== 1)
    throw new ShapeError(`gradients: the loss is ${describe(loss)}; it must be a scalar, or a seed be given`);
  if (seed !== undefined && !sameShape(seed.shape, loss.shape))
    throw new ShapeError(`gradients: the seed is ${describe(seed)}, the output ${describe(loss)}`);

  const order = reachable([loss]);
  const onPath = new Set<Node>(wrt);
  for (const node of order) if (node.inputs.some((input) => onPath.has(input))) onPath.add(node);

  const gradientOf = new Map<Node, Node>([[loss, seed ?? fill(loss.shape, 1, loss.dtype)]]);
  /** What derivatives read instead of the values that are not remembered. */
  const standIns = new Map<Node, Node>();
  const storedAs = new Map(order.filter(isStored).flatMap((node) => notRemembered(node).map((each) => [each, node])));
  const known = (node: Node, gradient: Node): Node => {
    const storing = storedAs.get(node);
    return storing === undefined ? (standIns.get(node) ?? node) : decodedAgain(storing, gradient);
  };
  for (const node of order.reverse()) {
    const gradient = gradientOf.get(node);
    if (gradient === undefined || node.inputs.length === 0 || !onPath.has(node)) continue;
    const { derivative } = node.op;
    const wanted = node.inputs.some((input) => onPath.has(input));
    if (!wanted) continue;
    if (derivative === null) throw new ShapeError(`gradients: ${node.op.name} is not differentiable, on purpose`);
    if (isRecomputed(node))
      for (const [value, standIn] of recomputation(node, gradient, standIns)) standIns.set(value, standIn);
    const { attributes } = node;
    const parts = derivative({
      inputs: node.inputs.map((input) => known(input, gradient)),
      output: known(node, gradient),
      gradient,
      attributes,
    });
    node.inputs.forEach((input, i) => {
      const part = parts[i];
      if (part === null || part === undefined || !onPath.has(input)) return;
      if (!sameShape(part.shape, input.shape))
        throw new ShapeError(
          `gradients: ${node.op.name} gave ${describe(part)} for its input ${i}, ${describe(input)}`,
        );
      const sum = gradientOf.get(input);
      gradientOf.set(input, sum === undefined ? part : add(sum, part));
    });
  }
  return wrt.map((node) => gradientOf.get(node) ?? zeros(node));
}
