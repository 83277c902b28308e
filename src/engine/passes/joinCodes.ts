import { reachable, readersOf, withInputs } from '../graph/graph.ts';
import type { Node } from '../graph/op.ts';
import { kernelOp } from '../graph/op.ts';
import type { Shape } from '../graph/shape.ts';
import { decodesF16, storesF16 } from '../ops/quantise/quantise.ts';
import { coded, type Result } from './coded.ts';

/**
 * Lets kernels that can do so read codes of f16 instead of numbers that were decoded from them, and store what they compute as the codes
 * or the rounded numbers that it only becomes. Every number stays the same.
 */
export function joinCodes(outputs: readonly Node[]): Node[] {
  const order = reachable(outputs);
  const storedBy = storing(order, outputs);
  const takenIn = new Set(storedBy.keys());
  const makers = new Map([...storedBy].map(([maker, node]) => [node, maker]));
  const rebuilt = new Map<Node, Node>();
  for (const node of order) {
    if (takenIn.has(node)) continue;
    const maker = makers.get(node);
    const result = maker === undefined ? 'plain' : (storesF16(node) as Result);
    rebuilt.set(node, rebuild(maker ?? node, result, rebuilt));
  }
  return outputs.map((node) => rebuilt.get(node) as Node);
}

/** Of nodes whose kernels can store codes, and whose numbers nobody reads but one node that makes codes of them or rounds them: that one. */
function storing(order: readonly Node[], outputs: readonly Node[]): Map<Node, Node> {
  const readers = readersOf(order, outputs);
  const found = new Map<Node, Node>();
  for (const node of order)
    if (storesF16(node) !== null && readers.get(node.inputs[0]) === 1 && abilities(node.inputs[0])?.writes)
      found.set(node.inputs[0], node);
  return found;
}

const abilities = (node: Node) => kernelOp(node).codes?.(node.inputs);

function rebuild(node: Node, result: Result, rebuilt: ReadonlyMap<Node, Node>): Node {
  const readable = abilities(node)?.reads ?? [];
  const shapes = node.inputs.map((input, i): Shape | null =>
    readable.includes(i) && decodesF16(input) ? input.shape : null,
  );
  const inputs = node.inputs.map((input, i) => rebuilt.get(shapes[i] === null ? input : input.inputs[0]) as Node);
  if (result !== 'plain' || shapes.some((shape) => shape !== null))
    return coded(kernelOp(node), inputs, { own: node.attributes, shapes, result });
  return withInputs(node, inputs);
}
