import type { Device, Tensor } from '../device/device.ts';
import { ShapeError } from '../errors.ts';
import { holds, type TypedArray } from '../graph/dtype.ts';
import type { Node } from '../graph/op.ts';
import { describe, sameShape, type TensorType } from '../graph/shape.ts';
import type { Place } from '../plan/memory.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { Buffers } from './buffers.ts';
import { type CompiledDispatch, type CompiledDispatches, compileDispatches } from './dispatches.ts';
import { type BoundStep, type BufferRange, submitOneByOne, submitTimed, submitTogether } from './submit.ts';

/** What `run` accepts for an input: an array on the host, uploaded for this run, or a tensor, used where it lies. */
export type Feed = TypedArray | Tensor;

/** A loop uses one set of tensors, or two in turn. */
const KEPT_BINDINGS = 4;

const within = (all: readonly BufferRange[], { buffer, offset }: Place): BufferRange => ({
  buffer: all[buffer].buffer,
  offset: all[buffer].offset + offset,
});

/** A plan's steps with the buffers of one set of inputs. */
interface BoundPlan {
  readonly prelude: readonly BoundStep[];
  readonly steps: readonly BoundStep[];
}

/**
 * A plan on a device: pipelines, memory and bind groups, made once. A run is one submit, and waits for nothing.
 * The output tensors belong to the executable and are overwritten by its next run; donated outputs live in the tensors
 * that were given for the donated inputs.
 */
export class CompiledPlan {
  private readonly dispatches: CompiledDispatches;
  private readonly buffers: Buffers;
  private readonly inputs: readonly { readonly node: Node; readonly index: number }[];
  /** Steps by the input buffers that they are bound to, the latest used last. */
  private readonly bound = new Map<string, BoundPlan>();
  /** The constants that the latest prelude ran on, with their versions. */
  private prepared: string | undefined;
  private readonly bufferIds = new WeakMap<GPUBuffer, number>();
  private nextBufferId = 0;
  private verified = false;
  private freed = false;

  constructor(
    readonly device: Device,
    readonly plan: Plan,
    private readonly outputTypes: readonly TensorType[],
    guarded: boolean,
    /** Which inputs are constants, by their place among the inputs. */
    private readonly constants: readonly number[] = [],
  ) {
    this.inputs = [...plan.inputs].map(([node, index]) => ({ node, index }));
    // First, because a kernel that is refused here must leave no memory taken.
    this.dispatches = compileDispatches(device, plan);
    try {
      this.buffers = new Buffers(device, plan, guarded);
    } catch (error) {
      this.releaseSizes();
      throw error;
    }
  }

  /**
   * Runs the plan. Returns at once; reading an output waits.
   * @throws ShapeError when a feed does not have the input's type
   */
  run(feeds: readonly Feed[]): Tensor[] {
    const inputs = this.inputRanges(feeds);
    const { prelude, steps } = this.boundTo(inputs);
    this.submit(this.isPrepared(inputs) ? steps : [...prelude, ...steps]);
    this.verified = true;
    const all = this.buffers.during(inputs);
    return this.plan.outputs.map((place, i) => {
      const { buffer, offset } = within(all, place);
      this.device.changed(buffer);
      return this.device.wrap(buffer, this.outputTypes[i], offset);
    });
  }

  /** Runs the plan step by step and returns the milliseconds of each, as `submitTimed`. */
  async time(feeds: readonly Feed[]): Promise<number[]> {
    const inputs = this.inputRanges(feeds);
    const { prelude, steps } = this.boundTo(inputs);
    if (!this.isPrepared(inputs)) this.submit(prelude);
    await this.device.settle(this.plan.name);
    return submitTimed(this.device, steps);
  }

  private submit(steps: readonly BoundStep[]): void {
    if (this.verified) submitTogether(this.device, this.plan.name, steps);
    else submitOneByOne(this.device, steps);
  }

  /** Whether the prelude has run on these constants as they are; what is asked is then submitted. */
  private isPrepared(inputs: readonly BufferRange[]): boolean {
    if (this.plan.prelude.length === 0) return true;
    const key = this.constants
      .map((i) => `${this.identify(inputs[i].buffer)}:${inputs[i].offset}:${this.device.versionOf(inputs[i].buffer)}`)
      .join();
    const prepared = this.prepared === key;
    this.prepared = key;
    return prepared;
  }

  private inputRanges(feeds: readonly Feed[]): BufferRange[] {
    if (this.freed) throw new Error(`${this.plan.name}: run after free`);
    return this.inputs.map(({ node, index }, i) => this.inputRange(node, index, feeds[i]));
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
    return this.buffers.upload(node, index, feed, name);
  }

  /** The steps with the buffers of one set of inputs; the latest few sets are kept. */
  private boundTo(inputs: readonly BufferRange[]): BoundPlan {
    const key = inputs.map(({ buffer, offset }) => `${this.identify(buffer)}:${offset}`).join();
    let bound = this.bound.get(key);
    if (bound === undefined) {
      const all = this.buffers.during(inputs);
      const [prelude, steps] = [this.plan.prelude, this.plan.steps].map((of) => of.map((step) => this.bind(step, all)));
      bound = { prelude, steps };
    }
    this.bound.delete(key);
    this.bound.set(key, bound);
    const [oldest] = this.bound.keys();
    if (this.bound.size > KEPT_BINDINGS) this.bound.delete(oldest);
    return bound;
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
    const { kernel, uniformOffset } = this.dispatches.of.get(step) as CompiledDispatch;
    const entries: GPUBindGroupEntry[] = kernel.bindings.map(({ variable, binding }) => ({
      binding,
      resource: this.buffers.binding(within(all, step.places.get(variable) as Place), step.call.bind[variable]),
    }));
    if (kernel.sizes !== null)
      entries.push({
        binding: kernel.sizes.binding,
        resource: { buffer: this.dispatches.uniforms as GPUBuffer, offset: uniformOffset, size: kernel.sizes.bytes },
      });
    const group = this.device.queue.capture(step.label, () =>
      this.device.gpu.createBindGroup({ label: step.label, layout: kernel.layout, entries }),
    );
    return { step, pipeline: kernel.pipeline, group };
  }

  /** Tells whether a kernel of a guarded plan wrote behind the end of a buffer. @throws Error naming the tensor */
  checkGuards(): Promise<void> {
    return this.buffers.checkGuards();
  }

  /** Gives back the executable's memory; its output tensors become unusable. */
  free(): void {
    if (this.freed) return;
    this.freed = true;
    this.buffers.free();
    this.releaseSizes();
    this.bound.clear();
  }

  private releaseSizes(): void {
    if (this.dispatches.uniforms !== null) this.device.release(this.dispatches.uniforms);
  }
}
