import { GpuOutOfMemoryError } from '../errors.ts';
import type { Capabilities } from '../graph/capabilities.ts';
import { shareBuffers } from './reuse.ts';

/** A piece of device memory, before it exists. Inputs come from the caller; the rest belongs to the executable. */
export interface PlannedBuffer {
  /** What is `kept` was made of constants, and lasts from run to run. */
  readonly kind: 'input' | 'literal' | 'kept' | 'pool' | 'output';
  readonly bytes: number;
  /** The node that decided the size. */
  readonly label: string;
  /** Kernels write only parts of it, the rest has to be zero. */
  readonly cleared: boolean;
}

/** Where a tensor begins: which buffer, and how many bytes into it. */
export interface Place {
  readonly buffer: number;
  readonly offset: number;
}

/** Sizes are rounded to whole vec4s, which kernels may read at a tensor's end. */
const ALIGNMENT = 16;
const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

const tooLarge = (label: string, bytes: number, most: number, also = '') =>
  new GpuOutOfMemoryError(label, `needs a buffer of ${bytes} bytes; this device binds at most ${most}${also}`);

/** Checks that kernels can bind a tensor. @throws GpuOutOfMemoryError naming it */
function checkBinding(label: string, bytes: number, { maxStorageBufferBindingSize: most }: Capabilities): void {
  if (bytes > most) throw tooLarge(label, bytes, most);
}

/** Checks that a kernel can bind what it reads, inputs and literals too. @throws GpuOutOfMemoryError naming the tensor */
export function checkRead(label: string, bytes: number, { maxStorageBufferBindingSize: most }: Capabilities): void {
  if (bytes > most) throw tooLarge(label, bytes, most, ' (matrix products alone read larger inputs, in slices)');
}

/** Collects what memory is needed when, and decides at the end what shares a buffer. */
export class Memory {
  private readonly wanted: (PlannedBuffer & { readonly first: number; readonly last: number })[] = [];

  constructor(private readonly capabilities: Capabilities) {}

  /** A buffer of its own for the whole run. */
  own(kind: PlannedBuffer['kind'], bytes: number, label: string, { cleared = false } = {}): number {
    return this.want({ kind, bytes, label, cleared }, 0, Number.POSITIVE_INFINITY);
  }

  /** Memory that is needed from one position of the schedule to another. */
  share(bytes: number, label: string, first: number, last: number): number {
    return this.want({ kind: 'pool', bytes, label, cleared: false }, first, last);
  }

  /** Bytes of all that is wanted of a kind. */
  bytesOf(kind: PlannedBuffer['kind']): number {
    return this.wanted.reduce((sum, each) => (each.kind === kind ? sum + each.bytes : sum), 0);
  }

  /** At each of the positions 0 … count - 1 of the schedule, the bytes of what is needed then and shares buffers. */
  aliveBytes(count: number): number[] {
    const changes = new Array<number>(count + 1).fill(0);
    for (const { kind, cleared, bytes, first, last } of this.wanted) {
      if (kind !== 'pool' || cleared) continue;
      changes[first] += bytes;
      changes[Math.min(last + 1, count)] -= bytes;
    }
    let alive = 0;
    return changes.slice(0, count).map((change) => {
      alive += change;
      return alive;
    });
  }

  private want(buffer: PlannedBuffer, first: number, last: number): number {
    const bytes = aligned(buffer.bytes);
    const { maxStorageBufferBindingSize, maxBufferSize } = this.capabilities;
    if (bytes > maxBufferSize)
      throw tooLarge(buffer.label, bytes, Math.min(maxStorageBufferBindingSize, maxBufferSize));
    // Kernels may read leaves in slices: what they bind of them is checked with each node.
    if (buffer.kind !== 'input' && buffer.kind !== 'literal') checkBinding(buffer.label, bytes, this.capabilities);
    return this.wanted.push({ ...buffer, bytes, first, last }) - 1;
  }

  /** The buffers, and which of them each wanted piece of memory became. */
  assign(): { buffers: PlannedBuffer[]; placed: number[] } {
    const buffers: PlannedBuffer[] = [];
    const pooled = this.wanted.filter(({ kind, cleared }) => kind === 'pool' && !cleared);
    const sharing = shareBuffers(pooled);
    const shared = new Map(pooled.map((piece, i) => [piece, sharing.buffers[i]]));
    const made = new Map<number, number>();
    const placed = this.wanted.map((piece) => {
      const { kind, bytes, label, cleared } = piece;
      const group = shared.get(piece);
      if (group === undefined) return buffers.push({ kind, bytes, label, cleared }) - 1;
      let buffer = made.get(group);
      if (buffer === undefined) {
        buffer = buffers.push({ kind, bytes: sharing.bytes[group], label, cleared }) - 1;
        made.set(group, buffer);
      }
      return buffer;
    });
    return { buffers, placed };
  }
}
