import { GpuDeviceLostError, type GpuError, GpuOutOfMemoryError, GpuValidationError, ShapeError } from '../errors.ts';
import type { Capabilities, PrecisionProbes, Probes } from '../graph/capabilities.ts';
import { byteLength, type DType, fromBytes, holds, type TypedArray, toBytes } from '../graph/dtype.ts';
import { spec } from '../graph/graph.ts';
import type { VariantChoice } from '../graph/op.ts';
import { describe, elements, type Shape, type TensorType } from '../graph/shape.ts';
import type { Platform } from './platform.ts';
import { waitFor } from './wait.ts';

/** The adapter as a person would name it. */
export interface AdapterDescription {
  readonly name: string;
  readonly vendor: string;
  readonly driver: string;
  readonly backend: string;
  /** The "GPU" is this machine's processor. */
  readonly software: boolean;
}

/** An array on the device. */
export interface Tensor extends TensorType {
  readonly size: number;
  readonly bytes: number;
  readonly buffer: GPUBuffer;
  /** Bytes into the buffer at which the tensor begins. */
  readonly offset: number;
  readonly device: Device;
  /** Copies the elements to the host, after all work submitted so far. @throws GpuError of that work */
  read(): Promise<TypedArray>;
}

/** Variants of ops that were measured to be quick on a device. */
export interface Tuning {
  readonly variantOf: VariantChoice;
  /** Equal for equal choices: together with the program, they decide every bit of a result. */
  readonly identity: string;
}

const FEATURES: readonly GPUFeatureName[] = ['subgroups', 'timestamp-query', 'shader-f16'];

/** Reading makes and destroys no buffer each time; the losses of a training loop all go through one. */
const SMALLEST_STAGING = 256;
const MOST_IDLE_STAGING = 4;

/** An open device: memory, errors and waiting. Kernels are run by executables. */
export class Device {
  private readonly checks: Promise<GpuError | null>[] = [];
  private readonly uncaptured: GpuError[] = [];
  private lost: GpuDeviceLostError | null = null;
  private readonly idleStaging: GPUBuffer[] = [];
  private measured: Probes | null = null;
  private proved: Promise<PrecisionProbes> | null = null;
  /** How that is found out; whoever opens the device sets it. */
  precisionProbe: (device: Device) => Promise<PrecisionProbes> = () =>
    Promise.reject(new Error('the device has no probe of number formats'));
  /** What chooses among the variants of ops; null: their defaults. Set, it decides about what is compiled from then on. */
  tuning: Tuning | null = null;
  private allocated = 0;
  /** Submissions followed one by one, oldest first: the first of them is the one that the GPU is working on. */
  private readonly inFlight = new Set<{ readonly name: string }>();

  constructor(
    readonly gpu: GPUDevice,
    readonly platform: Platform,
    readonly adapter: AdapterDescription,
    public capabilities: Capabilities,
  ) {
    gpu.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.uncaptured.push(asGpuError('the device', event.error));
    });
    gpu.lost.then(({ reason, message }) => {
      if (reason !== 'destroyed') this.lost = new GpuDeviceLostError(adapter.name, message);
    });
  }

  /** What was measured when the device was opened. */
  get probes(): Probes {
    if (this.measured === null) throw new Error('the device was not probed');
    return this.measured;
  }

  /** Keeps what was measured: kernels are chosen by it from now on. */
  adopt(probes: Probes): void {
    this.measured = probes;
    this.capabilities = { ...this.capabilities, subgroupsOf8: probes.subgroupSize === 8 };
  }

  /** Which number formats are what they should be here: found out once, when something first needs to know. */
  provePrecision(): Promise<PrecisionProbes> {
    this.proved ??= this.precisionProbe(this).then((probes) => {
      this.capabilities = { ...this.capabilities, f16Storage: probes.f16 ?? undefined };
      return probes;
    });
    return this.proved;
  }

  get allocatedBytes(): number {
    return this.allocated;
  }

  /**
   * Reserves device memory.
   * @throws GpuOutOfMemoryError naming the tensor, when the budget is spent: software adapters would not report it
   */
  allocate(
    bytes: number,
    label: string,
    usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  ): GPUBuffer {
    const { memoryBudget, maxBufferSize } = this.capabilities;
    if (bytes > maxBufferSize)
      throw new GpuOutOfMemoryError(label, `${bytes} bytes are more than one buffer may have here, ${maxBufferSize}`);
    if (this.allocated + bytes > memoryBudget)
      throw new GpuOutOfMemoryError(
        label,
        `${bytes} bytes on top of ${this.allocated} exceed the memory budget of ${Math.floor(memoryBudget)} bytes`,
      );
    this.allocated += bytes;
    return this.gpu.createBuffer({ label, size: Math.ceil(bytes / 4) * 4, usage });
  }

  /** Gives memory back at once, not when the garbage collector comes by. */
  release(buffer: GPUBuffer): void {
    this.allocated -= buffer.size;
    buffer.destroy();
  }

  /** Runs `work` so that an error the GPU reports for it is thrown under its name by the next `settle` or `read`. */
  capture<T>(name: string, work: () => T): T {
    this.gpu.pushErrorScope('out-of-memory');
    this.gpu.pushErrorScope('validation');
    try {
      return work();
    } finally {
      for (const _ of ['validation', 'out-of-memory'])
        this.checks.push(
          this.gpu.popErrorScope().then(
            (error) => (error === null ? null : asGpuError(name, error)),
            (reason) => new GpuDeviceLostError(name, String(reason)),
          ),
        );
    }
  }

  /** Follows the latest submission by name until it is done, so that the watchdog can say which kernel does not end. */
  follow(name: string): void {
    const submission = { name };
    this.inFlight.add(submission);
    const done = () => {
      this.inFlight.delete(submission);
    };
    this.gpu.queue.onSubmittedWorkDone().then(done, done);
  }

  /** Waits until all submitted work is done. @throws GpuError of that work */
  async settle(work = 'submitted work'): Promise<void> {
    await this.wait(this.gpu.queue.onSubmittedWorkDone(), work);
  }

  /** Waits for a GPU promise, then throws whatever the GPU reported meanwhile. */
  private async wait(promise: Promise<unknown>, work: string): Promise<void> {
    const name = () => {
      const [oldest] = this.inFlight;
      return oldest?.name ?? work;
    };
    // A failed map is only the consequence of an error that a scope has caught: that one is thrown first.
    const [outcome] = await waitFor(this.platform, Promise.allSettled([promise]), name);
    const found = await waitFor(this.platform, Promise.all(this.checks.splice(0)), name);
    const error = this.lost ?? found.find((each) => each !== null) ?? this.uncaptured.shift();
    if (error !== undefined && error !== null) throw error;
    if (outcome.status === 'rejected') throw new GpuDeviceLostError(work, String(outcome.reason));
  }

  /** Uploads an array. */
  tensor(data: TypedArray, shape: Shape, dtype: DType = dtypeOf(data)): Tensor {
    const type = spec(shape, dtype);
    if (!holds(data, dtype) || data.length !== elements(shape))
      throw new ShapeError(`tensor: ${data.constructor.name} of ${data.length} elements is no ${describe(type)}`);
    const tensor = this.zeros(type);
    this.write(tensor, data);
    return tensor;
  }

  /** A tensor of zeros: WebGPU clears new buffers itself. */
  zeros(type: TensorType): Tensor {
    const bytes = byteLength(type.dtype, elements(type.shape));
    return this.wrap(this.allocate(bytes, `tensor ${describe(type)}`), type);
  }

  /** Overwrites a tensor's elements. @throws ShapeError */
  write(tensor: Tensor, data: TypedArray): void {
    if (!holds(data, tensor.dtype) || data.length !== tensor.size)
      throw new ShapeError(`write: ${data.constructor.name} of ${data.length} elements is no ${describe(tensor)}`);
    this.gpu.queue.writeBuffer(tensor.buffer, tensor.offset, toBytes(tensor.dtype, data));
  }

  /** A tensor over existing memory, from an offset in bytes on. */
  wrap(buffer: GPUBuffer, type: TensorType, offset = 0): Tensor {
    const size = elements(type.shape);
    const bytes = byteLength(type.dtype, size);
    const { shape, dtype } = type;
    return {
      shape,
      dtype,
      size,
      bytes,
      buffer,
      offset,
      device: this,
      read: () => this.read(buffer, offset, type),
    };
  }

  private async read(buffer: GPUBuffer, offset: number, { shape, dtype }: TensorType): Promise<TypedArray> {
    const size = elements(shape);
    const bytes = byteLength(dtype, size);
    const staging = this.takeStaging(bytes);
    try {
      const encoder = this.gpu.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
      this.gpu.queue.submit([encoder.finish()]);
      await this.wait(staging.mapAsync(GPUMapMode.READ, 0, bytes), `reading ${buffer.label}`);
      const array = fromBytes(dtype, staging.getMappedRange(0, bytes).slice(0), size);
      staging.unmap();
      this.idleStaging.push(staging);
      return array;
    } catch (error) {
      staging.destroy();
      throw error;
    }
  }

  /** A buffer for reading at least so many bytes: an idle one of the same power of two, or a new one. */
  private takeStaging(bytes: number): GPUBuffer {
    const size = Math.max(SMALLEST_STAGING, 2 ** Math.ceil(Math.log2(bytes)));
    const idle = this.idleStaging.findIndex((buffer) => buffer.size === size);
    if (idle !== -1) return this.idleStaging.splice(idle, 1)[0];
    for (const unused of this.idleStaging.splice(MOST_IDLE_STAGING)) unused.destroy();
    return this.gpu.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  }

  destroy(): void {
    this.gpu.destroy();
  }
}

const dtypeOf = (data: TypedArray): DType =>
  data instanceof Float32Array
    ? 'f32'
    : data instanceof Float64Array
      ? 'f64'
      : data instanceof Int32Array
        ? 'i32'
        : 'u32';

function asGpuError(work: string, error: GPUError): GpuError {
  const message = error.message.trim().replaceAll(/\s*\n\s*/g, ' ');
  if (error instanceof GPUOutOfMemoryError) return new GpuOutOfMemoryError(work, message);
  return new GpuValidationError(work, message);
}

/** Opens a device on an adapter with every limit and feature the engine can use. */
export async function createDevice(adapter: GPUAdapter, platform: Platform): Promise<Device> {
  const { limits, info } = adapter;
  const requiredLimits = {
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxBufferSize: limits.maxBufferSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
  };
  const requiredFeatures = FEATURES.filter((feature) => adapter.features.has(feature));
  const gpu = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  const description = describeAdapter(info, platform);
  return new Device(gpu, platform, description, {
    // Known only after the probes.
    subgroupsOf8: false,
    fastWorkgroupMemory: !description.software,
    maxStorageBufferBindingSize: gpu.limits.maxStorageBufferBindingSize,
    maxBufferSize: gpu.limits.maxBufferSize,
    maxComputeWorkgroupsPerDimension: gpu.limits.maxComputeWorkgroupsPerDimension,
    memoryBudget: platform.memoryBudget,
  });
}

function describeAdapter(info: GPUAdapterInfo, { backend }: Platform): AdapterDescription {
  const name = info.device || info.architecture || 'unnamed adapter';
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`.toLowerCase();
  return {
    name,
    vendor: info.vendor,
    driver: info.description,
    backend,
    software: info.isFallbackAdapter || /llvmpipe|swiftshader|software|basic render/.test(text),
  };
}
