import { reachable, readersOf, withInputs } from '../graph/graph.ts';
import { type Applied, type Attributes, kernelOp, type Node, type VariantContext } from '../graph/op.ts';
import { joined } from './joined.ts';
import type { PassContext } from './pass.ts';

/**
 * Lets kernels compute their neighbours along where they say that they can (`prologue`, `epilogue`), which saves passes
 * over memory. What makes an input is joined with every op that can take it in; what reads a result, where nothing else
 * reads it. Every number stays the same.
 */
export function join(outputs: readonly Node[], context: PassContext): Node[] {
  const order = reachable(outputs);
  const readers = readersOf(order, outputs);
  const isSole = (node: Node) => readers.get(node) === 1;
  const makers = makersOf(order, isSole, context);
  const takenIn = new Set(makers.values());
  const rebuilt = new Map<Node, Node>();
  for (const node of order) {
    if (takenIn.has(node)) continue;
    const maker = makers.get(node);
    rebuilt.set(node, rebuild(maker ?? node, maker === undefined ? null : node, { ...context, isSole, rebuilt }));
  }
  return outputs.map((node) => rebuilt.get(node) as Node);
}

/** The nodes that become the epilogue of what makes their first input, each with that one. */
function makersOf(order: readonly Node[], isSole: (node: Node) => boolean, context: PassContext): Map<Node, Node> {
  const makers = new Map<Node, Node>();
  const takenIn = new Set<Node>();
  // Readers first: a kernel has one epilogue, and what has one is not itself the epilogue of another.
  for (const node of [...order].reverse()) {
    const [maker] = node.inputs;
    if (maker === undefined || !isSole(maker) || takenIn.has(node)) continue;
    if (kernelOp(maker).epilogue?.(node, variantContext(maker, context)) !== true) continue;
    makers.set(node, maker);
    takenIn.add(maker);
  }
  return makers;
}

interface Rebuilding extends PassContext {
  /** Whether a node has a single reader. */
  readonly isSole: (node: Node) => boolean;
  readonly rebuilt: ReadonlyMap<Node, Node>;
}

function rebuild(node: Node, after: Node | null, { isSole, rebuilt, ...context }: Rebuilding): Node {
  const op = kernelOp(node);
  const before = node.inputs.map((input, i) =>
    op.prologue?.(i, input, { ...variantContext(node, context), inputs: node.inputs, sole: isSole(input) }) === true
      ? input
      : null,
  );
  const sources = node.inputs.map((input, i) => (before[i] === null ? input : input.inputs[0]));
  const inputs = [...sources, ...(after?.inputs.slice(1) ?? [])].map((input) => rebuilt.get(input) as Node);
  if (after === null && before.every((each) => each === null)) return withInputs(node, inputs);
  const { attributes } = node;
  const variant = context.variantOf?.(node);
  return joined(op, inputs, { own: attributes, variant, before: before.map(applied), after: applied(after) });
}

const applied = (node: Node | null): Applied | null =>
  node === null ? null : { op: kernelOp(node), attributes: node.attributes };

const variantContext = (node: Node, { capabilities, variantOf }: PassContext): VariantContext<Attributes> => ({
  inputs: node.inputs,
  output: node,
  attributes: node.attributes,
  capabilities,
  variant: variantOf?.(node),
});
