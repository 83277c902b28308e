import { isSmall } from '../graph/dtype.ts';
import { apply, reachable, withInputs } from '../graph/graph.ts';
import type { Attributes, Node, OpDefinition } from '../graph/op.ts';
import { convert } from '../ops/elementwise/convert.ts';

/**
 * Rebuilds a graph with every composite op replaced by its decomposition, and operands of small formats converted for the ops whose
 * kernels do not take them; donated and returned nodes keep their places. What was made earlier stays earlier: nodes run in this order,
 * and a value that waits for its reader takes memory meanwhile.
 */
export function lower(outputs: readonly Node[]): Node[] {
  const lowered = new Map<Node, Node>();
  const lowerNode = (node: Node): Node => {
    const known = lowered.get(node);
    if (known !== undefined) return known;
    const inputs = node.inputs.map(lowerNode);
    const simpler = simplerOf(node.op, inputs, node.attributes);
    // A decomposition may itself hold composite ops.
    const result = simpler === null ? withInputs(node, inputs) : lowerNode(simpler);
    lowered.set(node, result).set(result, result);
    return result;
  };
  for (const node of reachable(outputs)) lowerNode(node);
  return outputs.map(lowerNode);
}

/** An op as simpler ones; null if its kernels compute it. */
function simplerOf(op: OpDefinition, inputs: readonly Node[], attributes: Attributes): Node | null {
  if (op.decompose !== undefined) return op.decompose(inputs, attributes);
  if (op.anyFormat !== true && inputs.some(({ dtype }) => isSmall(dtype))) return inF32(op, inputs, attributes);
  return op.composite?.(inputs, attributes) ?? null;
}

/** f8 and f16 are computed in f32, and rounded when a result is stored. */
function inF32(op: OpDefinition, inputs: readonly Node[], attributes: Attributes): Node {
  const { dtype } = op.infer(inputs, attributes);
  const wider = inputs.map((input) => (isSmall(input.dtype) ? convert(input, 'f32') : input));
  const result = apply(op, wider, attributes);
  return isSmall(dtype) ? convert(result, dtype) : result;
}
