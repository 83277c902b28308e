import { GpuLimitError } from '../errors.ts';
import type { Capabilities } from '../graph/capabilities.ts';
import { byteLength } from '../graph/dtype.ts';
import { inputOp, literalOp } from '../graph/graph.ts';
import type { Node } from '../graph/op.ts';
import { appliedText, type Cost, type KernelCall, kernelOp, type Operand, type VariantChoice } from '../graph/op.ts';
import { describe, elements, type TensorType } from '../graph/shape.ts';
import { arrange } from './arrange.ts';
import { Memory, type Place, type PlannedBuffer } from './memory.ts';
import { type Donation, locate, schedule, storageOf } from './schedule.ts';

/** One kernel launch; `places` says where the tensors lie that the shader's variables stand for. */
export interface Dispatch {
  readonly kind: 'dispatch';
  readonly label: string;
  readonly node: Node;
  readonly call: KernelCall;
  readonly places: ReadonlyMap<string, Place>;
  /** This dispatch's share of the op's cost. */
  readonly cost: Cost;
}

export interface Copy {
  readonly kind: 'copy';
  readonly label: string;
  readonly from: Place;
  readonly to: Place;
  readonly bytes: number;
}

export type Step = Dispatch | Copy;

export interface Plan {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly buffers: readonly PlannedBuffer[];
  /** Buffer of each input and of each literal, which begin where their buffer begins. */
  readonly inputs: ReadonlyMap<Node, number>;
  readonly literals: ReadonlyMap<Node, number>;
  readonly outputs: readonly Place[];
  /** Device memory in bytes that the executable will hold, inputs not counted. */
  readonly peakBytes: number;
  /** Of each step, the bytes of intermediate values that are in use while it runs. */
  readonly aliveBytes: readonly number[];
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

const NO_COST: Cost = { flops: 0, bytes: 0 };

/**
 * Decides order, memory and kernels of a graph. Touches no device.
 * @throws GpuOutOfMemoryError naming the tensor and its size when a buffer exceeds what the device can bind, GpuLimitError when a kernel
 *   needs more workgroups than it starts
 */
export function plan({ name, inputs, outputs, donations, capabilities, variantOf }: PlanOptions): Plan {
  const { order, inPlace } = schedule(outputs, donations);
  const memory = new Memory(capabilities);
  /** Where each storage begins. */
  const placeOf = new Map<Node, Place>();
  const inputBuffers = new Map<Node, number>();
  const literalBuffers = new Map<Node, number>();
  for (const node of inputs) {
    const buffer = memory.own('input', node.bytes, `input ${node.attributes.name} ${describe(node)}`);
    inputBuffers.set(node, buffer);
    placeOf.set(node, { buffer, offset: 0 });
  }

  const donors = new Map(donations.map(({ input, output }) => [output, input]));
  const lastUse = lastUses(order, outputs);
  const returned = new Set(outputs.filter((_, i) => !donors.has(i)).map(storageOf));
  const arranged = arrange(
    order,
    (storage) =>
      isLeaf(storage) || inPlace.has(storage) || returned.has(storage) || kernelOp(storage).places !== undefined,
  );
  for (const node of order) {
    if (kernelOp(node).places === undefined) continue;
    const kind = returned.has(node) ? 'output' : 'pool';
    placeOf.set(node, { buffer: memory.own(kind, node.bytes, labelOf(node), { cleared: true }), offset: 0 });
  }
  const steps: Step[] = [];
  /** Of each step, the position of its node. */
  const positions: number[] = [];
  let flops = 0;

  order.forEach((node, at) => {
    if (node.op === inputOp) {
      if (!placeOf.has(node)) throw new Error(`plan: ${describe(node)} is an input of another graph`);
      return;
    }
    if (node.op === literalOp) {
      const buffer = memory.own('literal', node.bytes, `literal ${describe(node)}`);
      literalBuffers.set(node, buffer);
      placeOf.set(node, { buffer, offset: 0 });
      return;
    }
    const op = kernelOp(node);
    if (op.aliases !== undefined) return;

    const label = labelOf(node);
    const overwritten = inPlace.get(node);
    const within = arranged.get(node);
    const target: Place =
      placeOf.get(node) ??
      (overwritten !== undefined
        ? (placeOf.get(overwritten) as Place)
        : within !== undefined
          ? { buffer: (placeOf.get(within.within) as Place).buffer, offset: within.offset }
          : returned.has(node)
            ? { buffer: memory.own('output', node.bytes, label), offset: 0 }
            : { buffer: memory.share(node.bytes, label, at, lastUse.get(node) ?? at), offset: 0 });
    placeOf.set(node, target);

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
        sharesBuffer: (index) => {
          const input = node.inputs[index];
          return input === overwritten || arranged.get(storageOf(input))?.within === node;
        },
      }),
    ].flat();
    const place = ({ role, index }: Operand): Place =>
      role === 'output'
        ? target
        : role === 'scratch'
          ? { buffer: scratch[index], offset: 0 }
          : located(node.inputs[index], placeOf);
    const cost = op.cost({ inputs: node.inputs, output: node, attributes: node.attributes });
    flops += cost.flops;
    const working = calls.filter(({ auxiliary }) => auxiliary !== true).length;
    const share = { flops: cost.flops / working, bytes: cost.bytes / working };
    for (const call of calls) {
      checkGrid(call, label, capabilities);
      const places = new Map(Object.entries(call.bind).map(([variable, bound]) => [variable, place(bound)]));
      positions.push(at);
      steps.push({ kind: 'dispatch', label, node, call, places, cost: call.auxiliary === true ? NO_COST : share });
    }
  });

  const outputPlaces = finishOutputs(outputs, donors, placeOf, memory, steps);
  const { buffers, placed } = memory.assign();
  // Copies to outputs come after the last node.
  const alive = memory.aliveBytes(order.length + 1);
  const assigned = ({ buffer, offset }: Place): Place => ({ buffer: placed[buffer], offset });
  const moved = (step: Step): Step =>
    step.kind === 'copy'
      ? { ...step, from: assigned(step.from), to: assigned(step.to) }
      : { ...step, places: new Map([...step.places].map(([variable, place]) => [variable, assigned(place)])) };
  const owned = (nodes: ReadonlyMap<Node, number>) =>
    new Map([...nodes].map(([node, buffer]) => [node, placed[buffer]]));
  return {
    name,
    steps: steps.map(moved),
    buffers,
    inputs: owned(inputBuffers),
    literals: owned(literalBuffers),
    outputs: outputPlaces.map(assigned),
    peakBytes: buffers.reduce((sum, { kind, bytes }) => (kind === 'input' ? sum : sum + bytes), 0),
    aliveBytes: steps.map((_, i) => alive[positions[i] ?? order.length]),
    flops,
  };
}

const isLeaf = ({ op }: Node): boolean => op === inputOp || op === literalOp;

/** Where a node begins, given where storages begin. */
function located(node: Node, placeOf: ReadonlyMap<Node, Place>): Place {
  const { storage, offset } = locate(node);
  const place = placeOf.get(storage) as Place;
  return { buffer: place.buffer, offset: place.offset + offset };
}

/** Copies what did not come to lie where the caller wants it, and says where each output is. */
function finishOutputs(
  outputs: readonly Node[],
  donors: ReadonlyMap<number, Node>,
  placeOf: ReadonlyMap<Node, Place>,
  memory: Memory,
  steps: Step[],
): Place[] {
  const copied = (node: Node, from: Place, to: Place) => {
    const label = labelOf(node);
    steps.push({ kind: 'copy', label: `copy of ${label}`, from, to, bytes: node.bytes });
    return to;
  };
  const same = (a: Place, b: Place) => a.buffer === b.buffer && a.offset === b.offset;
  const overwritten = new Set([...donors.values()].map((donor) => located(donor, placeOf).buffer));
  // First whatever is returned from an input or a literal, or goes from one donated input to another: the donations below overwrite.
  const staged = outputs.map((node, i) => {
    const from = located(node, placeOf);
    const donor = donors.get(i);
    const unsafe =
      donor === undefined
        ? isLeaf(storageOf(node))
        : !same(located(donor, placeOf), from) && overwritten.has(from.buffer);
    return unsafe ? copied(node, from, { buffer: memory.own('output', node.bytes, labelOf(node)), offset: 0 }) : from;
  });
  return outputs.map((node, i) => {
    const donor = donors.get(i);
    if (donor === undefined) return staged[i];
    const place = located(donor, placeOf);
    return same(place, staged[i]) ? place : copied(node, staged[i], place);
  });
}

/** Names a node in messages and profiles: op, and the types it was applied to. */
export function labelOf(node: Node): string {
  if (node.inputs.length === 0) return `${node.op.name} ${describe(node)}`;
  return appliedText(node, node.inputs.map(describe));
}

const operand = (role: Operand['role'], index: number, { shape, dtype }: TensorType): Operand => {
  const size = elements(shape);
  return { role, index, shape, dtype, size, bytes: byteLength(dtype, size) };
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
  if (grid.some((count) => !Number.isInteger(count) || count < 1))
    throw new Error(`${label}: entry ${entry} asks for [${grid.join(', ')}] workgroups; each must be a number from 1`);
  const largest = Math.max(...grid);
  if (largest > most)
    throw new GpuLimitError(label, `needs ${largest} workgroups in a row; this device starts at most ${most}`);
}
