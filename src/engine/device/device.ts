/// <reference types="@webgpu/types" preserve="true" />
import { type GpuDeviceLostError, GpuOutOfMemoryError, type GpuTimeoutError, ShapeError } from '../errors.ts';
import type { Capabilities } from '../graph/capabilities.ts';
import { byteLength, type DType, fromBytes, holds, type TypedArray, toBytes } from '../graph/dtype.ts';
import { spec } from '../graph/graph.ts';
import { describe, elements, type Shape, type TensorType } from '../graph/shape.ts';
import type { Platform } from './platform.ts';
import { type AdapterDescription, type AdapterProfile, unmeasuredProfile } from './profile.ts';
import { Queue } from './queue.ts';

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

const FEATURES: readonly GPUFeatureName[] = ['subgroups', 'timestamp-query', 'shader-f16'];

/** Reading makes and destroys no buffer each time; the losses of a training loop all go through one. */
const SMALLEST_STAGING = 256;
const MOST_IDLE_STAGING = 4;

/** Memory and tensors on an adapter of which all is known. Kernels are run by executables. */
export class Device {
  readonly gpu: GPUDevice;
  readonly platform: Platform;
  readonly adapter: AdapterDescription;
  readonly capabilities: Capabilities;
  private readonly idleStaging: GPUBuffer[] = [];
  private readonly versions = new WeakMap<GPUBuffer, number>();
  private allocated = 0;

  constructor(
    readonly queue: Queue,
    readonly profile: AdapterProfile,
  ) {
    this.gpu = queue.gpu;
    this.platform = queue.platform;
    this.adapter = profile.adapter;
    this.capabilities = profile.capabilities;
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
    return this.createBuffer({ label, size: Math.ceil(bytes / 4) * 4, usage });
  }

  /** Gives memory back at once, not when the garbage collector comes by. */
  release(buffer: GPUBuffer): void {
    this.allocated -= buffer.size;
    buffer.destroy();
  }

  /** How often a buffer's contents have changed: what was computed from them is right as long as this is the same. */
  versionOf(buffer: GPUBuffer): number {
    return this.versions.get(buffer) ?? 0;
  }

  /** Notes that a buffer's contents change. Whoever writes to a tensor's memory calls it; `write` and executables do. */
  changed(buffer: GPUBuffer): void {
    this.versions.set(buffer, this.versionOf(buffer) + 1);
  }

  /** Waits until all submitted work is done. @throws GpuError of that work */
  settle(work?: string): Promise<void> {
    return this.queue.settle(work);
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
    this.changed(tensor.buffer);
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
      await this.queue.wait(staging.mapAsync(GPUMapMode.READ, 0, bytes), `reading ${buffer.label}`);
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
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.createBuffer({ label: `${size} bytes for reading`, size, usage });
  }

  /** A buffer whose failure is thrown under its label. */
  private createBuffer(wanted: GPUBufferDescriptor & { readonly label: string }): GPUBuffer {
    return this.queue.capture(wanted.label, () => this.gpu.createBuffer(wanted));
  }

  /** Why nothing more can be computed on it: it was lost, or a kernel on it does not end; null while it works. */
  get broken(): GpuDeviceLostError | GpuTimeoutError | null {
    return this.queue.broken;
  }

  /** Gives the device back, with all that lies on it. Where a kernel on it does not end, only the end of the process does that. */
  destroy(): void {
    this.queue.close();
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

/** A device on an adapter with every limit and feature the engine can use. Nothing was measured of it: `openOn` does that. */
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
  const profile = unmeasuredProfile(info, gpu.limits, platform);
  return new Device(new Queue(gpu, platform, profile.adapter.name), profile);
}
