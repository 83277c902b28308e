import {
  apply,
  cast,
  compile,
  type Device,
  type Feeds,
  formats,
  GpuOutOfMemoryError,
  type Graph,
  inputOp,
  isNode,
  isSmall,
  isStored,
  labelOf,
  leaves,
  type MapTree,
  type Node,
  pack,
  packingOf,
  placementOf,
  reachable,
  type TensorType,
  trace,
} from '../../engine/index.ts';
import type { Model } from '../network/model.ts';
import { unpackNodes } from '../network/packed.ts';
import type { TracedBatch } from './batch.ts';
import { areFinite } from './lossScaling.ts';

/**
 * Runs a traced function once more and looks at every value on the way, as it is computed: of all floating-point values that `outputs`
 * depend on, those that are not finite, in the order in which the function makes them. What one kernel computed together is
 * computed op by op here. Constants are left out: they may be infinite on purpose, to be compared with.
 * @param specs what the function was traced with
 * @throws GpuOutOfMemoryError when it does not fit
 */
export async function nonFiniteValues<I>(
  device: Device,
  { name, inputs }: Graph<MapTree<I, TensorType, Node>>,
  specs: I,
  outputs: readonly Node[],
  feeds: Feeds<I>,
): Promise<Node[]> {
  const nodes = reachable(outputs);
  const watched = nodes.filter(isWatched);
  const packing = packingOf(watched.map(() => ({ shape: [], dtype: 'f32' })));
  const executable = await compile(
    (fresh: MapTree<I, TensorType, Node>) => {
      const again = new Map<Node, Node>();
      const replacements = leaves(fresh, isNode);
      leaves(inputs, isNode).forEach(({ leaf }, i) => {
        again.set(leaf, replacements[i].leaf);
      });
      // Nodes run in order of creation: created again, each is looked at before the next, and its memory is free when its readers are done.
      const flags = new Map<Node, Node>();
      const isSeen = new Set(watched);
      for (const node of nodes) {
        const copy = again.get(node) ?? rebuilt(node, again);
        again.set(node, copy);
        if (isSeen.has(node)) flags.set(node, cast(isWhollyFinite(copy), 'f32'));
      }
      const inOrder = watched.map((node) => flags.get(node) as Node);
      return { finite: pack(inOrder, packing) };
    },
    specs,
    { device, name: `search for a value of ${name} that is not finite` },
  );
  try {
    const finite = await executable.run(feeds).finite.read();
    return watched.filter((_, i) => finite[packing.offsets[i]] === 0);
  } finally {
    executable.free();
  }
}

const rebuilt = (node: Node, again: ReadonlyMap<Node, Node>): Node =>
  node.inputs.length === 0
    ? node
    : apply(
        node.op,
        node.inputs.map((input) => again.get(input) as Node),
        node.attributes,
      );

/** What only rearranges another value is as finite as that. */
const isWatched = (node: Node): boolean =>
  formats[node.dtype].floating && placementOf(node).source === node && (node.inputs.length > 0 || node.op === inputOp);

/** f8 has no infinity to compare with. */
const isWhollyFinite = (x: Node): Node => areFinite([isSmall(x.dtype) ? cast(x, 'f32') : x]);

/**
 * The op that a node is, its operands' types, and the names of the operands that have one, or else of those last used on the way to it.
 * @param named parameters and the like, as the graph has them
 */
function describeOutput(node: Node, named: ReadonlyMap<Node, string>): string {
  const namesOf = ({ inputs }: Node) => [...new Set(inputs.flatMap((operand) => nameOf(operand, named) ?? []))];
  const output = `the output of ${labelOf(node)}`;
  // The node itself is the last of those that it depends on.
  const nearest = reachable([node]).findLast((each) => namesOf(each).length > 0);
  if (nearest === undefined) return output;
  return `${output} ${nearest === node ? 'with' : 'after'} ${namesOf(nearest).join(' and ')}`;
}

/** The name of what a node shows, rearranged or rounded. */
function nameOf(node: Node, named: ReadonlyMap<Node, string>): string | undefined {
  const known = named.get(node);
  if (known !== undefined) return known;
  const { source } = placementOf(node);
  if (source !== node) return nameOf(source, named);
  return isStored(node) ? nameOf(node.inputs[0], named) : undefined;
}

/**
 * Says which value of a batch of training was the first that was not finite, and where.
 * @param feeds the state before the batch, and the batch
 * @param outputs what the search begins at, by their names in the batch: those that were not finite
 * @param number of the batch, from 1
 */
export async function explainBatch(
  device: Device,
  { parameters, state }: Model,
  { name, specs, trace: batch }: TracedBatch,
  feeds: Feeds<TracedBatch['specs']>,
  outputs: readonly ('parameters' | 'state' | 'accumulated' | 'totals')[],
  number: number,
): Promise<string> {
  const graph = trace(batch, specs, name);
  const { inputs } = graph;
  const asked = outputs.flatMap((output) => leaves(graph.outputs[output], isNode).map(({ leaf }) => leaf));
  const given = namesIn(unpackNodes(parameters, inputs.parameters), unpackNodes(state, inputs.state));
  const { rates, slots } = inputs;
  const named = new Map([...given, ...namesIn(rates), ...namesIn({ gradients: graph.outputs.gradients }, slots)]);
  const found = await nonFiniteValues(device, graph, specs, asked, feeds).catch((error: unknown) => {
    if (error instanceof GpuOutOfMemoryError) return error;
    throw error;
  });
  if (found instanceof GpuOutOfMemoryError)
    return `it happened in step ${number}; the memory does not suffice to look for the operation (${found.message})`;
  const [first] = found;
  if (first === undefined)
    return `it happened in step ${number}, each operation of which gives finite values by itself`;
  const before = found.find((node) => given.has(node));
  if (first.op === inputOp || first === before) {
    const path = leaves(inputs, isNode).find(({ leaf }) => leaf === first)?.path;
    return `${(before && given.get(before)) ?? path} is not finite before step ${number}`;
  }
  const isIn = (ends: readonly Node[]) => reachable(ends).includes(first);
  const part = isIn([graph.outputs.totals])
    ? 'forward pass'
    : isIn(graph.outputs.gradients)
      ? 'backward pass'
      : 'update';
  return `the first value that is not finite is ${describeOutput(first, named)}, in the ${part} of step ${number}`;
}

const namesIn = (...tensors: Readonly<Record<string, Node | readonly Node[]>>[]): Map<Node, string> =>
  new Map(
    tensors.flatMap((named) =>
      Object.entries(named).flatMap(([name, nodes]) => [nodes].flat().map((node) => [node, name] as const)),
    ),
  );
