import { isSmall } from '../graph/dtype.ts';
import { apply, reachable, withInputs } from '../graph/graph.ts';
import type { Attributes, Node, OpDefinition } from '../graph/op.ts';
import { convert } from '../ops/elementwise/convert.ts';
import type { PassContext } from './pass.ts';

/**
 * Rebuilds a graph with every composite op replaced by its decomposition, operands that are larger than the device binds read in
 * slices, and operands of small formats converted for the ops whose kernels do not take them; donated and returned nodes keep their
 * places. What was made earlier stays earlier: nodes run in this order, and a value that waits for its reader takes memory meanwhile.
 * @param context where it will run; not given: on a device that binds tensors of any size
 */
export function lower(outputs: readonly Node[], context?: PassContext): Node[] {
  const most = context?.capabilities.maxStorageBufferBindingSize ?? Number.POSITIVE_INFINITY;
  const lowered = new Map<Node, Node>();
  const lowerNode = (node: Node): Node => {
    const known = lowered.get(node);
    if (known !== undefined) return known;
    const inputs = node.inputs.map(lowerNode);
    const simpler = simplerOf(node.op, inputs, node.attributes, most);
    // A decomposition may itself hold composite ops.
    const result = simpler === null ? withInputs(node, inputs) : lowerNode(simpler);
    lowered.set(node, result).set(result, result);
    return result;
  };
  for (const node of reachable(outputs)) lowerNode(node);
  return outputs.map(lowerNode);
}

/** An op as simpler ones; null if its kernels compute it. @param most bytes that the device binds */
function simplerOf(op: OpDefinition, inputs: readonly Node[], attributes: Attributes, most: number): Node | null {
  if (op.decompose !== undefined) return op.decompose(inputs, attributes);
  const sliced = op.inSlices?.(inputs, attributes, most) ?? null;
  if (sliced !== null) return sliced;
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
