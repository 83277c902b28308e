import type { Device } from '../device/device.ts';
import { type TypedArray, toBytes } from '../graph/dtype.ts';
import { literalData } from '../graph/graph.ts';
import type { Node, Operand } from '../graph/op.ts';
import type { Plan } from '../plan/plan.ts';
import type { BufferRange } from './submit.ts';

/** Words after each buffer of a guarded plan, and the NaN that fills them and everything not yet written. */
const GUARD_WORDS = 64;
const POISON = 0x7fc0dead;

/** A plan's memory on a device. `guarded`, it is poisoned, and each buffer ends in words that no kernel may touch. */
export class Buffers {
  /** Those of the plan; null for an input, which the caller brings. */
  private readonly planned: (GPUBuffer | null)[] = [];
  /** Which of the plan's buffers each input is. */
  private readonly inputs: readonly number[];
  /** Buffers for inputs that come from the host, made when first needed. */
  private readonly uploads = new Map<number, GPUBuffer>();

  constructor(
    private readonly device: Device,
    private readonly plan: Plan,
    private readonly guarded: boolean,
  ) {
    this.inputs = [...plan.inputs.values()];
    try {
      for (const { kind, bytes, label, cleared } of plan.buffers)
        this.planned.push(kind === 'input' ? null : this.allocate(bytes, label, cleared));
    } catch (error) {
      // Where one does not fit, the others are given back.
      this.free();
      throw error;
    }
    for (const [node, index] of plan.literals)
      device.gpu.queue.writeBuffer(this.planned[index] as GPUBuffer, 0, toBytes(node.dtype, literalData(node)));
  }

  private allocate(bytes: number, label: string, cleared = false): GPUBuffer {
    if (!this.guarded) return this.device.allocate(bytes, label);
    const buffer = this.device.allocate(bytes + 4 * GUARD_WORDS, label);
    const poison = new Uint32Array(buffer.size / 4).fill(POISON);
    this.device.gpu.queue.writeBuffer(buffer, 0, cleared ? poison.fill(0, 0, bytes / 4) : poison);
    return buffer;
  }

  /** Writes an input that comes from the host, in the buffer of this number, and says where it lies. */
  upload(node: Node, index: number, data: TypedArray, label: string): BufferRange {
    let buffer = this.uploads.get(index);
    if (buffer === undefined) {
      buffer = this.allocate(node.bytes, label);
      this.uploads.set(index, buffer);
    }
    this.device.changed(buffer);
    this.device.gpu.queue.writeBuffer(buffer, 0, toBytes(node.dtype, data));
    return { buffer, offset: 0 };
  }

  /** What each of the plan's buffers is in a run on these inputs, which are in the order of the plan's. */
  during(inputs: readonly BufferRange[]): BufferRange[] {
    const all = this.planned.map((buffer) => ({ buffer: buffer as GPUBuffer, offset: 0 }));
    this.inputs.forEach((index, i) => {
      all[index] = inputs[i];
    });
    return all;
  }

  /** The exact length, so that `arrayLength` and the driver's bounds checks see the tensor; with its guard where it has one. */
  binding({ buffer, offset }: BufferRange, { bytes }: Operand): GPUBufferBinding {
    return { buffer, offset, size: this.guarded ? buffer.size - offset : bytes };
  }

  /**
   * Tells whether a kernel of a guarded plan wrote behind the end of a buffer.
   * @throws Error naming the tensor
   */
  async checkGuards(): Promise<void> {
    for (const [index, { bytes, label }] of this.plan.buffers.entries()) {
      const buffer = this.planned[index];
      if (buffer === null) continue;
      const words = await this.device.wrap(buffer, { shape: [buffer.size / 4], dtype: 'u32' }).read();
      const broken = words.subarray(bytes / 4).findIndex((word) => word !== POISON);
      if (broken !== -1)
        throw new Error(`${label}: a kernel wrote ${4 * broken} bytes behind the end of ${bytes} bytes`);
    }
  }

  /** Gives the memory back. */
  free(): void {
    for (const buffer of [...this.planned, ...this.uploads.values()]) if (buffer !== null) this.device.release(buffer);
  }
}
