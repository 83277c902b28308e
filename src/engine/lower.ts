import { apply, type Node, reachable } from './graph.ts';

/**
 * Rebuilds a graph with every composite op replaced by its decomposition; donated and returned nodes keep their places. What was made
 * earlier stays earlier: nodes run in this order, and a value that waits for its reader takes memory meanwhile.
 */
export function lower(outputs: readonly Node[]): Node[] {
  const lowered = new Map<Node, Node>();
  const lowerNode = (node: Node): Node => {
    const known = lowered.get(node);
    if (known !== undefined) return known;
    const inputs = node.inputs.map(lowerNode);
    // A decomposition may itself hold composite ops.
    const result =
      node.op.decompose !== undefined
        ? lowerNode(node.op.decompose(inputs, node.attributes))
        : inputs.every((input, i) => input === node.inputs[i])
          ? node
          : apply(node.op, inputs, node.attributes);
    lowered.set(node, result).set(result, result);
    return result;
  };
  for (const node of reachable(outputs)) lowerNode(node);
  return outputs.map(lowerNode);
}
