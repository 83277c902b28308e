import type { Device, Tensor } from '../device/device.ts';
import { ShapeError } from '../errors.ts';
import { holds, type TypedArray, toBytes } from '../graph/dtype.ts';
import { literalData } from '../graph/graph.ts';
import type { Node, Operand } from '../graph/op.ts';
import { describe, sameShape, type TensorType } from '../graph/shape.ts';
import { compileKernel, type Kernel, packSizes } from '../kernels/kernel.ts';
import type { Place } from '../plan/memory.ts';
import type { Dispatch, Plan, Step } from '../plan/plan.ts';
import { type BoundStep, type BufferRange, submitOneByOne, submitTimed, submitTogether } from './submit.ts';

/** What `run` accepts for an input: an array on the host, uploaded for this run, or a tensor, used where it lies. */
export type Feed = TypedArray | Tensor;

interface CompiledDispatch {
  readonly step: Dispatch;
  readonly kernel: Kernel;
  readonly uniformOffset: number;
}

const UNIFORM_ALIGNMENT = 256;

/** A loop uses one set of tensors, or two in turn. */
const KEPT_BINDINGS = 4;

/** Words after each buffer of a guarded executable, and the NaN that fills them and everything not yet written. */
const GUARD_WORDS = 64;
const POISON = 0x7fc0dead;

const within = (all: readonly BufferRange[], { buffer, offset }: Place): BufferRange => ({
  buffer: all[buffer].buffer,
  offset: all[buffer].offset + offset,
});

/**
 * A plan on a device: pipelines, memory and bind groups, made once. A run is one submit, and waits for nothing.
 * The output tensors belong to the executable and are overwritten by its next run; donated outputs live in the tensors
 * that were given for the donated inputs.
 */
export class CompiledPlan {
  private readonly buffers: (GPUBuffer | null)[];
  private readonly dispatches = new Map<Dispatch, CompiledDispatch>();
  private readonly uniforms: GPUBuffer | null;
  /** Buffers for inputs that come from the host, made when first needed. */
  private readonly uploads = new Map<number, GPUBuffer>();
  /** Steps by the input buffers that they are bound to, the latest used last. */
  private readonly bound = new Map<string, readonly BoundStep[]>();
  private readonly bufferIds = new WeakMap<GPUBuffer, number>();
  private nextBufferId = 0;
  private verified = false;
  private freed = false;
  private readonly inputList: readonly { node: Node; index: number }[];

  constructor(
    readonly device: Device,
    readonly plan: Plan,
    private readonly outputTypes: readonly TensorType[],
    private readonly guarded: boolean,
  ) {
    this.inputList = [...plan.inputs].map(([node, index]) => ({ node, index }));
    // First, because a kernel that is refused here must leave no memory taken.
    this.uniforms = this.compileDispatches();
    this.buffers = plan.buffers.map(({ kind, bytes, label, cleared }) =>
      kind === 'input' ? null : this.allocate(bytes, label, cleared),
    );
    for (const [node, index] of plan.literals)
      device.gpu.queue.writeBuffer(this.buffers[index] as GPUBuffer, 0, toBytes(node.dtype, literalData(node)));
  }

  private allocate(bytes: number, label: string, cleared = false): GPUBuffer {
    if (!this.guarded) return this.device.allocate(bytes, label);
    const buffer = this.device.allocate(bytes + 4 * GUARD_WORDS, label);
    const poison = new Uint32Array(buffer.size / 4).fill(POISON);
    this.device.gpu.queue.writeBuffer(buffer, 0, cleared ? poison.fill(0, 0, bytes / 4) : poison);
    return buffer;
  }

  /**
   * Tells whether a kernel of a guarded executable wrote behind the end of a buffer.
   * @throws Error naming the tensor
   */
  async checkGuards(): Promise<void> {
    for (const [index, { bytes, label }] of this.plan.buffers.entries()) {
      const buffer = this.buffers[index];
      if (buffer === null) continue;
      const words = await this.device.wrap(buffer, { shape: [buffer.size / 4], dtype: 'u32' }).read();
      const broken = words.subarray(bytes / 4).findIndex((word) => word !== POISON);
      if (broken !== -1)
        throw new Error(`${label}: a kernel wrote ${4 * broken} bytes behind the end of ${bytes} bytes`);
    }
  }

  /** Pipelines for all dispatches, and their sizes in one uniform buffer. */
  private compileDispatches(): GPUBuffer | null {
    let bytes = 0;
    for (const step of this.plan.steps) {
      if (step.kind === 'copy') continue;
      const kernel = this.device.queue.capture(step.label, () => compileKernel(this.device, step.call, step.label));
      this.dispatches.set(step, { step, kernel, uniformOffset: bytes });
      bytes += Math.ceil((kernel.sizes?.bytes ?? 0) / UNIFORM_ALIGNMENT) * UNIFORM_ALIGNMENT;
    }
    if (bytes === 0) return null;
    const data = new ArrayBuffer(bytes);
    for (const { step, kernel, uniformOffset } of this.dispatches.values())
      packSizes(kernel, step.call, new DataView(data, uniformOffset));
    const buffer = this.device.allocate(
      bytes,
      `sizes of ${this.plan.name}`,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    this.device.gpu.queue.writeBuffer(buffer, 0, data);
    return buffer;
  }

  /**
   * Runs the plan. Returns at once; reading an output waits.
   * @throws ShapeError when a feed does not have the input's type
   */
  run(feeds: readonly Feed[]): Tensor[] {
    const inputs = this.inputRanges(feeds);
    const steps = this.boundTo(inputs);
    if (this.verified) submitTogether(this.device, this.plan.name, steps);
    else submitOneByOne(this.device, steps);
    this.verified = true;
    const all = this.memory(inputs);
    return this.plan.outputs.map((place, i) => {
      const { buffer, offset } = within(all, place);
      return this.device.wrap(buffer, this.outputTypes[i], offset);
    });
  }

  /** What each of the plan's buffers is in a run on these inputs. */
  private memory(inputs: readonly BufferRange[]): BufferRange[] {
    const all = this.buffers.map((buffer) => ({ buffer: buffer as GPUBuffer, offset: 0 }));
    this.inputList.forEach(({ index }, i) => {
      all[index] = inputs[i];
    });
    return all;
  }

  /** Runs the plan step by step and returns the milliseconds of each, as `submitTimed`. */
  async time(feeds: readonly Feed[]): Promise<number[]> {
    const steps = this.boundTo(this.inputRanges(feeds));
    await this.device.settle(this.plan.name);
    return submitTimed(this.device, steps);
  }

  private inputRanges(feeds: readonly Feed[]): BufferRange[] {
    if (this.freed) throw new Error(`${this.plan.name}: run after free`);
    return this.inputList.map(({ node, index }, i) => this.inputRange(node, index, feeds[i]));
  }

  private inputRange(node: Node, index: number, feed: Feed): BufferRange {
    const name = `${this.plan.name}: input ${node.attributes.name}`;
    if (!ArrayBuffer.isView(feed)) {
      if (feed?.buffer === undefined) throw new ShapeError(`${name} (${describe(node)}) is missing`);
      if (feed.dtype !== node.dtype || !sameShape(feed.shape, node.shape))
        throw new ShapeError(`${name} is ${describe(node)}, not ${describe(feed)}`);
      return feed;
    }
    if (!holds(feed, node.dtype) || feed.length !== node.size)
      throw new ShapeError(`${name} is ${describe(node)}, not ${feed.constructor.name} of ${feed.length} elements`);
    let buffer = this.uploads.get(index);
    if (buffer === undefined) {
      buffer = this.allocate(node.bytes, name);
      this.uploads.set(index, buffer);
    }
    this.device.gpu.queue.writeBuffer(buffer, 0, toBytes(node.dtype, feed));
    return { buffer, offset: 0 };
  }

  /** The steps with the buffers of one set of inputs; the latest few sets are kept. */
  private boundTo(inputs: readonly BufferRange[]): readonly BoundStep[] {
    const key = inputs.map(({ buffer, offset }) => `${this.identify(buffer)}:${offset}`).join();
    let steps = this.bound.get(key);
    if (steps === undefined) {
      const all = this.memory(inputs);
      steps = this.plan.steps.map((step) => this.bind(step, all));
    }
    this.bound.delete(key);
    this.bound.set(key, steps);
    const [oldest] = this.bound.keys();
    if (this.bound.size > KEPT_BINDINGS) this.bound.delete(oldest);
    return steps;
  }

  private identify(buffer: GPUBuffer): number {
    let id = this.bufferIds.get(buffer);
    if (id === undefined) {
      id = this.nextBufferId++;
      this.bufferIds.set(buffer, id);
    }
    return id;
  }

  private bind(step: Step, all: readonly BufferRange[]): BoundStep {
    if (step.kind === 'copy') return { step, from: within(all, step.from), to: within(all, step.to) };
    const { kernel, uniformOffset } = this.dispatches.get(step) as CompiledDispatch;
    const entries: GPUBindGroupEntry[] = kernel.bindings.map(({ variable, binding }) => ({
      binding,
      resource: this.binding(within(all, step.places.get(variable) as Place), step.call.bind[variable]),
    }));
    if (kernel.sizes !== null)
      entries.push({
        binding: kernel.sizes.binding,
        resource: { buffer: this.uniforms as GPUBuffer, offset: uniformOffset, size: kernel.sizes.bytes },
      });
    const group = this.device.queue.capture(step.label, () =>
      this.device.gpu.createBindGroup({ label: step.label, layout: kernel.layout, entries }),
    );
    return { step, pipeline: kernel.pipeline, group };
  }

  /** The exact length, so that `arrayLength` and the driver's bounds checks see the tensor; with its guard where it has one. */
  private binding({ buffer, offset }: BufferRange, { bytes }: Operand): GPUBufferBinding {
    return { buffer, offset, size: this.guarded ? buffer.size - offset : bytes };
  }

  /** Gives back the executable's memory; its output tensors become unusable. */
  free(): void {
    if (this.freed) return;
    this.freed = true;
    for (const buffer of [...this.buffers, ...this.uploads.values(), this.uniforms])
      if (buffer !== null) this.device.release(buffer);
    this.bound.clear();
  }
}
