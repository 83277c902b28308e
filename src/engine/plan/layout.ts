import { inputOp, literalOp } from '../graph/graph.ts';
import { kernelOp, type Node } from '../graph/op.ts';
import { labelOf } from '../graph/print.ts';
import { describe } from '../graph/shape.ts';
import { type Arrangement, arrange } from './arrange.ts';
import type { Memory, Place } from './memory.ts';
import { type Donation, locate, type Schedule, storageOf } from './schedule.ts';

/** What is computed from what, and what becomes of the memory of inputs. */
export interface Boundary {
  readonly inputs: readonly Node[];
  readonly outputs: readonly Node[];
  readonly donations: readonly Donation[];
}

export const isLeaf = ({ op }: Node): boolean => op === inputOp || op === literalOp;

/** Where the values of a graph lie. Inputs have their place from the beginning on, the others when their node's turn comes. */
export class Layout {
  /** Buffer of each input and of each literal. */
  readonly inputs = new Map<Node, number>();
  readonly literals = new Map<Node, number>();
  /** Where each storage begins. */
  private readonly placeOf = new Map<Node, Place>();
  /** The last position at which each stored value is read. */
  private readonly lastUse: Map<Node, number>;
  private readonly arranged: ReadonlyMap<Node, Arrangement>;
  private readonly returned: ReadonlySet<Node>;
  private readonly inPlace: Schedule['inPlace'];

  constructor(
    { inputs, outputs, donations }: Boundary,
    { order, inPlace }: Schedule,
    private readonly memory: Memory,
    /** How many nodes at the beginning of the order are computed before the others, and not in every run. */
    private readonly constants: number,
  ) {
    this.inPlace = inPlace;
    this.lastUse = lastUses(order, outputs);
    const donated = new Set(donations.map(({ output }) => output));
    this.returned = new Set(outputs.filter((_, i) => !donated.has(i)).map(storageOf));
    const computedOnce = new Set(order.slice(0, constants));
    this.arranged = arrange(
      order,
      (storage, within) =>
        isLeaf(storage) ||
        inPlace.has(storage) ||
        this.returned.has(storage) ||
        kernelOp(storage).places !== undefined ||
        computedOnce.has(storage) !== computedOnce.has(within),
    );
    for (const [part, { within }] of this.arranged) {
      const last = Math.max(this.lastUse.get(part) ?? 0, this.lastUse.get(within) ?? 0);
      this.lastUse.set(within, last);
    }
    for (const node of inputs) {
      const buffer = memory.own('input', node.bytes, this.nameOf(node));
      this.inputs.set(node, buffer);
      this.placeOf.set(node, { buffer, offset: 0 });
    }
    // What has to be zero between the values that are computed into it has its place before them.
    for (const node of order) {
      const { places, gapless } = kernelOp(node);
      if (places === undefined || gapless === true) continue;
      const kind = this.returned.has(node) ? 'output' : 'pool';
      this.placeOf.set(node, { buffer: memory.own(kind, node.bytes, labelOf(node), { cleared: true }), offset: 0 });
    }
  }

  /** Gives a node its place, at its position in the order. @throws Error for an input of another graph */
  place(node: Node, at: number): Place {
    const place = this.placeOf.get(node) ?? this.newPlace(node, at);
    this.placeOf.set(node, place);
    return place;
  }

  private newPlace(node: Node, at: number): Place {
    if (node.op === inputOp) throw new Error(`plan: ${describe(node)} is an input of another graph`);
    if (node.op === literalOp) {
      const buffer = this.memory.own('literal', node.bytes, `literal ${describe(node)}`);
      this.literals.set(node, buffer);
      return { buffer, offset: 0 };
    }
    const overwritten = this.inPlace.get(node);
    if (overwritten !== undefined) return this.placeOf.get(overwritten) as Place;
    const part = this.arranged.get(node);
    if (part !== undefined) return { ...this.place(part.within, at), offset: part.offset };
    return { buffer: this.newBuffer(node, at, this.lastUse.get(node) ?? at), offset: 0 };
  }

  private newBuffer(node: Node, at: number, last: number): number {
    const label = labelOf(node);
    if (this.returned.has(node)) return this.memory.own('output', node.bytes, label);
    if (at < this.constants && last >= this.constants) return this.memory.own('kept', node.bytes, label);
    return this.memory.share(node.bytes, label, at, last);
  }

  /** What errors call the memory of a node. */
  nameOf(node: Node): string {
    const storage = storageOf(node);
    return storage.op === inputOp ? `input ${storage.attributes.name} ${describe(storage)}` : labelOf(storage);
  }

  /** Where a node begins that has a place, or whose storage has. */
  locate(node: Node): Place {
    const { storage, offset } = locate(node);
    const place = this.placeOf.get(storage) as Place;
    return { buffer: place.buffer, offset: place.offset + offset };
  }

  /** Whether an input of a node lies where its output goes. */
  sharesBuffer(node: Node, input: number): boolean {
    const read = node.inputs[input];
    const part = this.arranged.get(storageOf(read));
    return read === this.inPlace.get(node) || (part?.within === node && part.input === input);
  }
}

/** The last position at which each stored value is read; returned values are needed to the end. */
function lastUses(order: readonly Node[], outputs: readonly Node[]): Map<Node, number> {
  const last = new Map<Node, number>();
  order.forEach((node, at) => {
    for (const input of node.inputs) last.set(storageOf(input), at);
  });
  for (const node of outputs) last.set(storageOf(node), order.length);
  return last;
}
