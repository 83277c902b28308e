import { type Graph, reachable } from './graph.ts';
import { appliedText, isNode, type Node } from './op.ts';
import { describe } from './shape.ts';
import { leaves } from './tree.ts';

/** A graph as text, a node a line: `%7 = conv2d(%1, %2) {"stride":[2,2]} : f32[16, 64, 16, 16]`. */
export function print({ name, inputs, outputs }: Graph): string {
  const returned = leaves(outputs, isNode);
  const order = reachable(returned.map(({ leaf }) => leaf));
  const number = new Map(order.map((node, i) => [node, i]));
  const reference = (node: Node) => `%${number.get(node)}`;
  const lines = order.map((node) => {
    const operands = node.inputs.map(reference);
    const attributes = Object.keys(node.attributes).length > 0 ? ` ${JSON.stringify(node.attributes)}` : '';
    const applied =
      node.op.format?.(operands, node.attributes) ?? `${node.op.name}(${operands.join(', ')})${attributes}`;
    return `  ${reference(node)} = ${applied} : ${describe(node)}`;
  });
  const parameters = leaves(inputs, isNode).map(({ path, leaf }) => `${path}: ${describe(leaf)}`);
  const results = returned.map(({ path, leaf }) => `${path}: ${reference(leaf)}`);
  return [`${name}(${parameters.join(', ')}) {`, ...lines, `  return ${results.join(', ')}`, '}'].join('\n');
}

/** Names a node in messages and profiles: op, and the types it was applied to. */
export const labelOf = (node: Node): string =>
  node.inputs.length === 0 ? `${node.op.name} ${describe(node)}` : appliedText(node, node.inputs.map(describe));
