import type { Trial } from '../trial/trial.ts';
import type { Costs } from './cost.ts';

/** The memory that a machine's trials can have. */
export interface MachineMemory {
  readonly costs: Costs;
  /** Bytes of the largest buffer that the adapter binds. */
  readonly largestBuffer: number;
  /** Bytes that are free now; Infinity where nobody tells. */
  available(): number;
}

/** What a trial is short of, in one sentence; null where its planned memory is there. */
export function shortageOf(trial: Trial, { costs, largestBuffer, available }: MachineMemory): string | null {
  const needed = costs.memoryOf(trial);
  const advice = trial.kind === 'train' ? 'a smaller batch_size or width takes less' : 'a smaller width takes less';
  if (needed.largestBuffer > largestBuffer)
    return `needs a buffer of ${megabytes(needed.largestBuffer)}, but the adapter binds ${megabytes(largestBuffer)}; ${advice}`;
  const free = available();
  if (needed.bytes > free)
    return `needs about ${megabytes(needed.bytes)} of memory, but ${megabytes(free)} are free; ${advice}`;
  return null;
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
