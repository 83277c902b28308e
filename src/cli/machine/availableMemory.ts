import { freemem } from 'node:os';
import type { Device } from '../../engine/index.ts';

/** Bytes that a device can still have. WebGPU does not say how much memory of a GPU is free; a software adapter uses the machine's. */
export function availableMemory({ adapter, allocatedBytes, capabilities }: Device): number {
  return Math.min(capabilities.memoryBudget - allocatedBytes, adapter.software ? freemem() : Number.POSITIVE_INFINITY);
}
