import type { Capabilities } from './capabilities.ts';
import { formats } from './dtype.ts';
import { GpuOutOfMemoryError } from './errors.ts';
import { describe, elements, inputOp, literalOp, type Node, type TensorType } from './graph.ts';
import { type Cost, type KernelCall, kernelOp, type Operand } from './op.ts';
import { shareBuffers } from './reuse.ts';
import { type Donation, schedule, storageOf } from './schedule.ts';

/** A piece of device memory, before it exists. Inputs come from the caller; the rest belongs to the executable. */
export interface PlannedBuffer {
  readonly kind: 'input' | 'literal' | 'pool' | 'output';
  readonly bytes: number;
  /** The node that decided the size. */
  readonly label: string;
}

/** One kernel launch; `buffers` maps the shader's variables to indices into the plan's buffers. */
export interface Dispatch {
  readonly kind: 'dispatch';
  readonly label: string;
  readonly node: Node;
  readonly call: KernelCall;
  readonly buffers: ReadonlyMap<string, number>;
  /** This dispatch's share of the op's cost. */
  readonly cost: Cost;
}

export interface Copy {
  readonly kind: 'copy';
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

export type Step = Dispatch | Copy;

export interface Plan {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly buffers: readonly PlannedBuffer[];
  /** Buffer of each input, of each literal and of each output. */
  readonly inputs: ReadonlyMap<Node, number>;
  readonly literals: ReadonlyMap<Node, number>;
  readonly outputs: readonly number[];
  /** Device memory in bytes that the executable will hold, inputs not counted. */
  readonly peakBytes: number;
  readonly flops: number;
}

export interface PlanOptions {
  readonly name: string;
  readonly inputs: readonly Node[];
  readonly outputs: readonly Node[];
  readonly donations: readonly Donation[];
  readonly capabilities: Capabilities;
  readonly variantOf?: VariantChoice;
}

/** Which of an op's `variants` computes a node; undefined: the op's default. */
export type VariantChoice = (node: Node) => string | undefined;

/** Sizes are rounded to whole vec4s, which kernels may read at a tensor's end. */
const ALIGNMENT = 16;
const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const NO_COST: Cost = { flops: 0, bytes: 0 };

/**
 * Decides order, memory and kernels of a graph. Touches no device.
 * @throws GpuOutOfMemoryError naming the tensor and its size when a buffer exceeds what the device can bind
 */
export function plan({ name, inputs, outputs, donations, capabilities, variantOf }: PlanOptions): Plan {
  const { order, inPlace } = schedule(outputs, donations);
  const memory = new Memory(capabilities);
  const bufferOf = new Map<Node, number>();
  const inputBuffers = new Map<Node, number>();
  const literalBuffers = new Map<Node, number>();
  for (const node of inputs) {
    const buffer = memory.own('input', node.bytes, `input ${node.attributes.name} ${describe(node)}`);
    inputBuffers.set(node, buffer);
    bufferOf.set(node, buffer);
  }

  const donors = new Map(donations.map(({ input, output }) => [output, input]));
  const lastUse = lastUses(order, outputs);
  const returned = new Set(outputs.filter((_, i) => !donors.has(i)).map(storageOf));
  const steps: Step[] = [];
  let flops = 0;

  order.forEach((node, at) => {
    if (node.op === inputOp) {
      if (!bufferOf.has(node)) throw new Error(`plan: ${describe(node)} is an input of another graph`);
      return;
    }
    if (node.op === literalOp) {
      const buffer = memory.own('literal', node.bytes, `literal ${describe(node)}`);
      literalBuffers.set(node, buffer);
      bufferOf.set(node, buffer);
      return;
    }
    const op = kernelOp(node);
    if (op.aliases !== undefined) return;

    const label = labelOf(node);
    const overwritten = inPlace.get(node);
    const target =
      overwritten !== undefined
        ? (bufferOf.get(overwritten) as number)
        : returned.has(node)
          ? memory.own('output', node.bytes, label)
          : memory.share(node.bytes, label, at, lastUse.get(node) ?? at);
    bufferOf.set(node, target);

    const scratch: number[] = [];
    const calls = [
      op.kernel({
        inputs: node.inputs.map((input, index) => operand('input', index, input)),
        output: operand('output', 0, node),
        attributes: node.attributes,
        capabilities,
        variant: variantOf?.(node),
        scratch: (type) => {
          const temporary = operand('scratch', scratch.length, type);
          scratch.push(memory.share(temporary.bytes, `scratch of ${label}`, at, at));
          return temporary;
        },
        sharesBuffer: (index) => overwritten !== undefined && node.inputs[index] === overwritten,
      }),
    ].flat();
    const place = ({ role, index }: Operand) =>
      role === 'output'
        ? target
        : role === 'scratch'
          ? scratch[index]
          : (bufferOf.get(storageOf(node.inputs[index])) as number);
    const cost = op.cost({ inputs: node.inputs, output: node, attributes: node.attributes });
    flops += cost.flops;
    const working = calls.filter(({ auxiliary }) => auxiliary !== true).length;
    const share = { flops: cost.flops / working, bytes: cost.bytes / working };
    for (const call of calls) {
      checkGrid(call, label, capabilities);
      const buffers = new Map(Object.entries(call.bind).map(([variable, bound]) => [variable, place(bound)]));
      steps.push({ kind: 'dispatch', label, node, call, buffers, cost: call.auxiliary === true ? NO_COST : share });
    }
  });

  const outputBuffers = finishOutputs(outputs, donors, bufferOf, memory, steps);
  const { buffers, placed } = memory.settle();
  const moved = (step: Step): Step =>
    step.kind === 'copy'
      ? { ...step, from: placed[step.from], to: placed[step.to] }
      : { ...step, buffers: new Map([...step.buffers].map(([variable, buffer]) => [variable, placed[buffer]])) };
  const located = (nodes: ReadonlyMap<Node, number>) =>
    new Map([...nodes].map(([node, buffer]) => [node, placed[buffer]]));
  return {
    name,
    steps: steps.map(moved),
    buffers,
    inputs: located(inputBuffers),
    literals: located(literalBuffers),
    outputs: outputBuffers.map((buffer) => placed[buffer]),
    peakBytes: buffers.reduce((sum, { kind, bytes }) => (kind === 'input' ? sum : sum + bytes), 0),
    flops,
  };
}

/** Copies what did not come to lie where the caller wants it, and says where each output is. */
function finishOutputs(
  outputs: readonly Node[],
  donors: ReadonlyMap<number, Node>,
  bufferOf: ReadonlyMap<Node, number>,
  memory: Memory,
  steps: Step[],
): number[] {
  const placeOf = (node: Node) => bufferOf.get(storageOf(node)) as number;
  const copied = (node: Node, from: number, to: number) => {
    const label = labelOf(node);
    steps.push({ kind: 'copy', label: `copy of ${label}`, from, to, bytes: node.bytes });
    return to;
  };
  const isLeaf = ({ op }: Node) => op === inputOp || op === literalOp;
  const overwritten = new Set([...donors.values()].map(placeOf));
  // First whatever is returned from an input or a literal, or goes from one donated input to another: the donations below overwrite.
  const staged = outputs.map((node, i) => {
    const from = placeOf(node);
    const donor = donors.get(i);
    const unsafe = donor === undefined ? isLeaf(storageOf(node)) : placeOf(donor) !== from && overwritten.has(from);
    return unsafe ? copied(node, from, memory.own('output', node.bytes, labelOf(node))) : from;
  });
  return outputs.map((node, i) => {
    const donor = donors.get(i);
    if (donor === undefined || placeOf(donor) === staged[i]) return staged[i];
    return copied(node, staged[i], placeOf(donor));
  });
}

/** Names a node in messages and profiles: op, and the types it was applied to. */
export function labelOf(node: Node): string {
  if (node.inputs.length === 0) return `${node.op.name} ${describe(node)}`;
  const operands = node.inputs.map(describe);
  return node.op.format?.(operands, node.attributes) ?? `${node.op.name}(${operands.join(', ')})`;
}

const operand = (role: Operand['role'], index: number, { shape, dtype }: TensorType): Operand => {
  const size = elements(shape);
  return { role, index, shape, dtype, size, bytes: size * formats[dtype].bytes };
};

/** The last position at which each stored value is read; returned values are needed to the end. */
function lastUses(order: readonly Node[], outputs: readonly Node[]): Map<Node, number> {
  const last = new Map<Node, number>();
  order.forEach((node, at) => {
    for (const input of node.inputs) last.set(storageOf(input), at);
  });
  for (const node of outputs) last.set(storageOf(node), order.length);
  return last;
}

function checkGrid(
  { grid, entry }: KernelCall,
  label: string,
  { maxComputeWorkgroupsPerDimension: most }: Capabilities,
): void {
  if (grid.some((count) => !Number.isInteger(count) || count < 1 || count > most))
    throw new Error(`${label}: entry ${entry} asks for [${grid.join(', ')}] workgroups; each must be 1 to ${most}`);
}

/** Collects what memory is needed when, and decides at the end what shares a buffer. */
class Memory {
  private readonly wanted: (PlannedBuffer & { readonly first: number; readonly last: number })[] = [];

  constructor(private readonly capabilities: Capabilities) {}

  /** A buffer of its own for the whole run. */
  own(kind: PlannedBuffer['kind'], bytes: number, label: string): number {
    return this.want(kind, bytes, label, 0, Number.POSITIVE_INFINITY);
  }

  /** Memory that is needed from one position of the schedule to another. */
  share(bytes: number, label: string, first: number, last: number): number {
    return this.want('pool', bytes, label, first, last);
  }

  private want(kind: PlannedBuffer['kind'], bytes: number, label: string, first: number, last: number): number {
    const size = aligned(bytes);
    const most = Math.min(this.capabilities.maxStorageBufferBindingSize, this.capabilities.maxBufferSize);
    if (size > most)
      throw new GpuOutOfMemoryError(label, `needs a buffer of ${size} bytes; this device binds at most ${most}`);
    return this.wanted.push({ kind, bytes: size, label, first, last }) - 1;
  }

  /** The buffers, and which of them each wanted piece of memory became. */
  settle(): { buffers: PlannedBuffer[]; placed: number[] } {
    const buffers: PlannedBuffer[] = [];
    const pooled = this.wanted.filter(({ kind }) => kind === 'pool');
    const sharing = shareBuffers(pooled);
    const shared = new Map(pooled.map((piece, i) => [piece, sharing.buffers[i]]));
    const made = new Map<number, number>();
    const placed = this.wanted.map((piece) => {
      const { kind, bytes, label } = piece;
      const group = shared.get(piece);
      if (group === undefined) return buffers.push({ kind, bytes, label }) - 1;
      let buffer = made.get(group);
      if (buffer === undefined) {
        buffer = buffers.push({ kind, bytes: sharing.bytes[group], label }) - 1;
        made.set(group, buffer);
      }
      return buffer;
    });
    return { buffers, placed };
  }
}
