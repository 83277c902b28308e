import type { Capabilities } from './capabilities.ts';
import { formats } from './dtype.ts';
import { GpuOutOfMemoryError } from './errors.ts';
import { describe, elements, inputOp, literalOp, type Node, type TensorType } from './graph.ts';
import { type Cost, type KernelCall, kernelOp, type Operand } from './op.ts';
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
  /** Of the whole op; on its first dispatch only. */
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
}

/** Sizes are rounded to whole vec4s, which kernels may read at a tensor's end. */
const ALIGNMENT = 16;
const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const NO_COST: Cost = { flops: 0, bytes: 0 };

/**
 * Decides order, memory and kernels of a graph. Touches no device.
 * @throws GpuOutOfMemoryError naming the tensor and its size when a buffer exceeds what the device can bind
 */
export function plan({ name, inputs, outputs, donations, capabilities }: PlanOptions): Plan {
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

  const donatedTo = new Map(donations.map(({ input, output }) => [output, input]));
  const lastUse = lastUses(order);
  const returned = new Set(outputs.filter((node) => !donatedTo.has(node)).map(storageOf));
  const kept = new Set([...returned, ...donations.map(({ output }) => storageOf(output))]);
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
          : memory.take(node.bytes, label);
    bufferOf.set(node, target);

    const scratch: number[] = [];
    const calls = [
      op.kernel({
        inputs: node.inputs.map((input, index) => operand('input', index, input)),
        output: operand('output', 0, node),
        attributes: node.attributes,
        capabilities,
        scratch: (type) => {
          const temporary = operand('scratch', scratch.length, type);
          scratch.push(memory.take(temporary.bytes, `scratch of ${label}`));
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
    calls.forEach((call, k) => {
      checkGrid(call, label, capabilities);
      const buffers = new Map(Object.entries(call.bind).map(([variable, bound]) => [variable, place(bound)]));
      steps.push({ kind: 'dispatch', label, node, call, buffers, cost: k === 0 ? cost : NO_COST });
    });

    for (const buffer of scratch) memory.release(buffer);
    const dead = new Set([...node.inputs.map(storageOf), node]);
    for (const root of dead)
      if ((lastUse.get(root) ?? at) <= at && !kept.has(root) && !inPlace.has(root))
        memory.release(bufferOf.get(root) as number);
  });

  const outputBuffers = finishOutputs(outputs, donatedTo, bufferOf, inPlace, memory, steps);
  return {
    name,
    steps,
    buffers: memory.buffers,
    inputs: inputBuffers,
    literals: literalBuffers,
    outputs: outputBuffers,
    peakBytes: memory.bytes,
    flops,
  };
}

/** Copies what did not come to lie where the caller wants it, and says where each output is. */
function finishOutputs(
  outputs: readonly Node[],
  donatedTo: ReadonlyMap<Node, Node>,
  bufferOf: ReadonlyMap<Node, number>,
  inPlace: ReadonlyMap<Node, Node>,
  memory: Memory,
  steps: Step[],
): number[] {
  const copy = (from: number, to: number, bytes: number, label: string) =>
    steps.push({ kind: 'copy', label: `copy of ${label}`, from, to, bytes });
  const isInput = (buffer: number) =>
    memory.buffers[buffer].kind === 'input' || memory.buffers[buffer].kind === 'literal';
  // First whatever is returned from an input: a donation below may overwrite that input.
  const staged = outputs.map((node) => {
    const from = bufferOf.get(storageOf(node)) as number;
    const own = donatedTo.has(node) && bufferOf.get(donatedTo.get(node) as Node) === from;
    if (!isInput(from) || own || inPlace.has(storageOf(node))) return from;
    const to = memory.own('output', node.bytes, labelOf(node));
    copy(from, to, node.bytes, labelOf(node));
    return to;
  });
  return outputs.map((node, i) => {
    const donor = donatedTo.get(node);
    if (donor === undefined) return staged[i];
    const to = bufferOf.get(donor) as number;
    if (to !== staged[i]) copy(staged[i], to, node.bytes, labelOf(node));
    return to;
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

function lastUses(order: readonly Node[]): Map<Node, number> {
  const last = new Map<Node, number>();
  order.forEach((node, at) => {
    for (const input of node.inputs) last.set(storageOf(input), at);
  });
  // A reshape reads nothing itself, but whoever reads it reads what it stands for; both were counted through storageOf.
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

/** Hands out buffers: dedicated ones, and pool buffers that are used again after their release. */
class Memory {
  readonly buffers: PlannedBuffer[] = [];
  private readonly free = new Set<number>();
  /** Bytes of everything but inputs. */
  bytes = 0;

  constructor(private readonly capabilities: Capabilities) {}

  own(kind: PlannedBuffer['kind'], bytes: number, label: string): number {
    const size = aligned(bytes);
    const most = Math.min(this.capabilities.maxStorageBufferBindingSize, this.capabilities.maxBufferSize);
    if (size > most)
      throw new GpuOutOfMemoryError(label, `needs a buffer of ${size} bytes; this device binds at most ${most}`);
    if (kind !== 'input') this.bytes += size;
    return this.buffers.push({ kind, bytes: size, label }) - 1;
  }

  /** The smallest free buffer that fits, or a new one. */
  take(bytes: number, label: string): number {
    const size = aligned(bytes);
    let best: number | undefined;
    for (const candidate of this.free) {
      const fits = this.buffers[candidate].bytes >= size;
      if (fits && (best === undefined || this.buffers[candidate].bytes < this.buffers[best].bytes)) best = candidate;
    }
    if (best === undefined) return this.own('pool', bytes, label);
    this.free.delete(best);
    return best;
  }

  release(buffer: number): void {
    if (this.buffers[buffer].kind === 'pool') this.free.add(buffer);
  }
}
