import { apply, type Node, reachable } from './graph.ts';

/** Rebuilds a graph with every composite op replaced by its decomposition; donated and returned nodes keep their places. */
export function lower(outputs: readonly Node[]): Node[] {
  const lowered = new Map<Node, Node>();
  const lowerNode = (node: Node): Node => {
    if (node.inputs.length === 0) return node;
    const inputs = node.inputs.map((input) => lowered.get(input) as Node);
    if (node.op.decompose !== undefined) return lowerAll(node.op.decompose(inputs, node.attributes));
    return inputs.every((input, i) => input === node.inputs[i]) ? node : apply(node.op, inputs, node.attributes);
  };
  /** A decomposition may itself hold composite ops. */
  const lowerAll = (root: Node): Node => {
    for (const node of reachable([root])) if (!lowered.has(node)) lowered.set(node, lowerNode(node));
    return lowered.get(root) as Node;
  };
  return outputs.map(lowerAll);
}
