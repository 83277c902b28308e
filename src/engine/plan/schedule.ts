import { ShapeError } from '../errors.ts';
import { formats } from '../graph/dtype.ts';
import { reachable } from '../graph/graph.ts';
import type { Node } from '../graph/op.ts';
import { kernelOp } from '../graph/op.ts';
import { describe, sameShape } from '../graph/shape.ts';

/** An input whose memory the caller gives up for an output of the same type: parameters updated in place. */
export interface Donation {
  readonly input: Node;
  /** Which of the outputs: one node may be returned under several names. */
  readonly output: number;
}

export interface Schedule {
  /** Nodes in the order in which they run; leaves and aliases included. */
  readonly order: readonly Node[];
  /** Nodes that write straight into the donated input's buffer, with the input. */
  readonly inPlace: ReadonlyMap<Node, Node>;
}

/** The node whose bytes this node's value is: itself, or what it is a reshape or a part of. */
export const storageOf = (node: Node): Node => locate(node).storage;

/** The node whose bytes this node's value is, and the first of these bytes. */
export function locate(node: Node): { storage: Node; offset: number } {
  let storage = node;
  let offset = 0;
  for (let op = kernelOp(node); op.aliases !== undefined; op = kernelOp(storage)) {
    offset += (op.aliasOffset?.(storage.attributes) ?? 0) * formats[storage.dtype].bytes;
    storage = storage.inputs[op.aliases];
  }
  return { storage, offset };
}

/**
 * Orders a graph. Nodes run in order of creation, except that a node which reads leaves alone runs when it is first needed, and a node
 * which overwrites a donated input waits until every other reader of that input has run.
 */
export function schedule(outputs: readonly Node[], donations: readonly Donation[]): Schedule {
  checkDonations(outputs, donations);
  const nodes = reachable(outputs);
  const readers = new Map<Node, Node[]>();
  for (const node of nodes)
    for (const input of node.inputs) {
      const root = storageOf(input);
      readers.set(root, [...(readers.get(root) ?? []), node]);
    }

  const inPlace = new Map<Node, Node>();
  const returned = new Set(outputs.map(storageOf));
  for (const donation of donations) {
    const { input } = donation;
    const output = outputs[donation.output];
    if (canOverwrite(output, input) && !returned.has(input) && !inPlace.has(output)) inPlace.set(output, input);
  }

  const order: Node[] = [];
  const done = new Set<Node>();
  let waiting = whenNeeded(nodes);
  const ready = (node: Node) => {
    if (!node.inputs.every((input) => done.has(input))) return false;
    const overwritten = inPlace.get(node);
    return (
      overwritten === undefined || readers.get(overwritten)?.every((reader) => reader === node || done.has(reader))
    );
  };
  while (waiting.length > 0) {
    const held: Node[] = [];
    for (const node of waiting) {
      if (ready(node)) {
        order.push(node);
        done.add(node);
      } else held.push(node);
    }
    if (held.length === waiting.length) {
      // Two updates each read what the other overwrites: the first one gets memory of its own and is copied at the end.
      const stuck = held.find((node) => inPlace.has(node));
      if (stuck === undefined) throw new Error('schedule: the graph has a cycle');
      inPlace.delete(stuck);
    }
    waiting = held;
  }
  return { order, inPlace };
}

/**
 * Nodes in order, those that read leaves alone moved to before their first reader: a rounded weight need not take memory from the
 * beginning on.
 */
function whenNeeded(nodes: readonly Node[]): Node[] {
  const readsLeaves = ({ inputs }: Node) =>
    inputs.length > 0 && inputs.every((input) => storageOf(input).inputs.length === 0);
  const wait = new Set(nodes.filter(readsLeaves));
  const ordered = new Set<Node>();
  for (const node of nodes) {
    if (wait.has(node)) continue;
    for (const input of node.inputs) if (wait.has(input)) ordered.add(input);
    ordered.add(node);
  }
  return [...ordered, ...[...wait].filter((node) => !ordered.has(node))];
}

/** Whether a node may write over an input: all that it reads of that memory, it reads element by element. */
function canOverwrite(node: Node, input: Node): boolean {
  const allowed = kernelOp(node).inPlace?.(node.inputs, node, node.attributes) ?? [];
  const reads = node.inputs.flatMap((operand, k) => (storageOf(operand) === input ? [k] : []));
  return reads.length > 0 && reads.every((k) => node.inputs[k] === input && allowed.includes(k));
}

function checkDonations(outputs: readonly Node[], donations: readonly Donation[]): void {
  const donated = new Set<Node>();
  for (const donation of donations) {
    const { input } = donation;
    const output = outputs[donation.output];
    if (donated.has(input)) throw new ShapeError(`donate: the input ${describe(input)} is donated twice`);
    donated.add(input);
    if (input.dtype !== output.dtype || !sameShape(input.shape, output.shape))
      throw new ShapeError(`donate: input ${describe(input)} cannot hold output ${describe(output)}`);
  }
}
