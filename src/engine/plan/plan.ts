import { GpuLimitError } from '../errors.ts';
import type { Capabilities } from '../graph/capabilities.ts';
import type { Node } from '../graph/op.ts';
import { type Cost, type KernelCall, kernelOp, type Operand, operandOf, type VariantChoice } from '../graph/op.ts';
import { labelOf } from '../graph/print.ts';
import type { TensorType } from '../graph/shape.ts';
import { constantCalls, constantNodes, MOST_KEPT } from './constants.ts';
import { type Boundary, isLeaf, Layout } from './layout.ts';
import { checkRead, Memory, type Place, type PlannedBuffer } from './memory.ts';
import { schedule, storageOf } from './schedule.ts';

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
  /** What depends on constants alone: runs before `steps` whenever these have changed. */
  readonly prelude: readonly Step[];
  readonly steps: readonly Step[];
  readonly buffers: readonly PlannedBuffer[];
  /** Buffer of each input and of each literal, which begin where their buffer begins. */
  readonly inputs: ReadonlyMap<Node, number>;
  readonly literals: ReadonlyMap<Node, number>;
  readonly outputs: readonly Place[];
  /** Device memory in bytes that the executable will hold, inputs not counted. */
  readonly peakBytes: number;
  /** Bytes of intermediate values that are in use while a step runs, step by step. */
  readonly aliveBytes: readonly number[];
  readonly flops: number;
}

export interface PlanOptions extends Boundary {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly variantOf?: VariantChoice;
  /** Inputs that seldom change, none of them donated: what depends on them and on literals alone is kept. Not given: nothing is. */
  readonly constants?: readonly Node[];
}

const NO_COST: Cost = { flops: 0, bytes: 0 };

/**
 * Decides order, memory and kernels of a graph. Touches no device.
 * @throws GpuOutOfMemoryError naming the tensor and its size when a buffer exceeds what the device can bind, GpuLimitError when a kernel
 *   needs more workgroups than it starts
 */
export function plan(options: PlanOptions): Plan {
  const { name, outputs, donations, constants } = options;
  const { inPlace, ...scheduled } = schedule(outputs, donations);
  const constant = constants === undefined ? new Set<Node>() : constantNodes(scheduled.order, constants, inPlace);
  const [first, later] = [true, false].map((is) => scheduled.order.filter((node) => constant.has(node) === is));
  const order = [...first, ...later];
  const memory = new Memory(options.capabilities);
  const layout = new Layout(options, { order, inPlace }, memory, first.length);
  const prelude: Step[] = [];
  const steps: Step[] = [];
  /** The position of each step's node. */
  const positions: number[] = [];
  let flops = 0;
  order.forEach((node, at) => {
    const op = kernelOp(node);
    if (op.aliases !== undefined) return;
    for (const input of node.inputs) checkRead(layout.nameOf(input), input.bytes, options.capabilities);
    const target = layout.place(node, at);
    if (isLeaf(node)) return;
    const cost = op.cost({ inputs: node.inputs, output: node, attributes: node.attributes });
    flops += cost.flops;
    const { kept, dispatches } = dispatchesOf(node, at, target, cost, { layout, memory, constant, ...options });
    prelude.push(...kept);
    for (const dispatch of dispatches) {
      positions.push(at);
      steps.push(dispatch);
    }
  });

  const donors = new Map(donations.map(({ input, output }) => [output, input]));
  const outputPlaces = finishOutputs(outputs, donors, layout, memory, steps);
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
    prelude: prelude.map(moved),
    steps: steps.map(moved),
    buffers,
    inputs: owned(layout.inputs),
    literals: owned(layout.literals),
    outputs: outputPlaces.map(assigned),
    peakBytes: buffers.reduce((sum, { kind, bytes }) => (kind === 'input' ? sum : sum + bytes), 0),
    aliveBytes: steps.map((_, i) => alive[positions[i] ?? order.length]),
    flops,
  };
}

interface Surroundings extends Pick<PlanOptions, 'capabilities' | 'variantOf'> {
  readonly layout: Layout;
  readonly memory: Memory;
  /** What depends on constants alone. */
  readonly constant: ReadonlySet<Node>;
}

/**
 * The kernel launches that compute a node, the `at`-th of the order, in its place; they share its cost. Those that depend on constants
 * alone are apart.
 */
function dispatchesOf(
  node: Node,
  at: number,
  target: Place,
  cost: Cost,
  { layout, memory, constant, capabilities, variantOf }: Surroundings,
): { kept: readonly Dispatch[]; dispatches: readonly Dispatch[] } {
  const label = labelOf(node);
  const scratch: TensorType[] = [];
  const calls = [
    kernelOp(node).kernel({
      inputs: node.inputs.map((input, index) => operandOf('input', index, input)),
      output: operandOf('output', 0, node),
      attributes: node.attributes,
      capabilities,
      variant: variantOf?.(node),
      scratch: (type) => operandOf('scratch', scratch.push(type) - 1, type),
      sharesBuffer: (index) => layout.sharesBuffer(node, index),
    }),
  ].flat();
  const isKept = keptCalls(node, calls, { memory, constant, capabilities });
  const ofKept = new Set(
    calls.filter(isKept).flatMap(({ bind }) => Object.values(bind).flatMap((each) => scratchOf(each))),
  );
  const placesOfScratch = scratch.map((type, index): Place => {
    const { bytes } = operandOf('scratch', index, type);
    const name = `scratch of ${label}`;
    const buffer = ofKept.has(index) ? memory.own('kept', bytes, name) : memory.share(bytes, name, at, at);
    return { buffer, offset: 0 };
  });
  const placeOf = ({ role, index }: Operand): Place => {
    if (role === 'output') return target;
    return role === 'scratch' ? placesOfScratch[index] : layout.locate(node.inputs[index]);
  };
  const working = calls.filter(({ auxiliary }) => auxiliary !== true).length;
  const share = { flops: cost.flops / working, bytes: cost.bytes / working };
  const dispatchOf = (call: KernelCall): Dispatch => {
    checkGrid(call, label, capabilities);
    const places = new Map(Object.entries(call.bind).map(([variable, bound]) => [variable, placeOf(bound)]));
    return { kind: 'dispatch', label, node, call, places, cost: call.auxiliary === true ? NO_COST : share };
  };
  const dispatches = calls.map(dispatchOf);
  if (constant.has(node)) return { kept: dispatches, dispatches: [] };
  const [kept, others] = [true, false].map((is) => dispatches.filter(({ call }) => isKept(call) === is));
  return { kept, dispatches: others };
}

const scratchOf = ({ role, index }: Operand): number[] => (role === 'scratch' ? [index] : []);

/** Which calls of a node that changes from run to run are those of its constants, where there is memory to keep what they make. */
function keptCalls(
  node: Node,
  calls: readonly KernelCall[],
  { memory, constant, capabilities }: Pick<Surroundings, 'memory' | 'constant' | 'capabilities'>,
): (call: KernelCall) => boolean {
  if (constant.has(node) || !node.inputs.some((input) => constant.has(input))) return () => false;
  const kept = constantCalls(calls, (index) => constant.has(node.inputs[index]));
  const tables = new Map(
    [...kept].flatMap(({ bind }) =>
      Object.values(bind).flatMap((each) => scratchOf(each).map((index) => [index, each.bytes] as const)),
    ),
  );
  const bytes = [...tables.values()].reduce((sum, each) => sum + each, memory.bytesOf('kept'));
  return (call) => bytes <= MOST_KEPT * capabilities.memoryBudget && kept.has(call);
}

/** Copies what did not come to lie where the caller wants it, and says where each output is. */
function finishOutputs(
  outputs: readonly Node[],
  donors: ReadonlyMap<number, Node>,
  layout: Layout,
  memory: Memory,
  steps: Step[],
): Place[] {
  const copied = (node: Node, from: Place, to: Place) => {
    const label = labelOf(node);
    steps.push({ kind: 'copy', label: `copy of ${label}`, from, to, bytes: node.bytes });
    return to;
  };
  const same = (a: Place, b: Place) => a.buffer === b.buffer && a.offset === b.offset;
  const overwritten = new Set([...donors.values()].map((donor) => layout.locate(donor).buffer));
  // First whatever is returned from an input or a literal, or goes from one donated input to another: the donations below overwrite.
  const staged = outputs.map((node, i) => {
    const from = layout.locate(node);
    const donor = donors.get(i);
    const unsafe =
      donor === undefined ? isLeaf(storageOf(node)) : !same(layout.locate(donor), from) && overwritten.has(from.buffer);
    return unsafe ? copied(node, from, { buffer: memory.own('output', node.bytes, labelOf(node)), offset: 0 }) : from;
  });
  return outputs.map((node, i) => {
    const donor = donors.get(i);
    if (donor === undefined) return staged[i];
    const place = layout.locate(donor);
    return same(place, staged[i]) ? place : copied(node, staged[i], place);
  });
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
