import { GpuDeviceLostError, type GpuError, GpuOutOfMemoryError, GpuValidationError } from '../errors.ts';
import type { Platform } from './platform.ts';
import { waitFor } from './wait.ts';

/** What is submitted to a GPU: its errors, by the name of the work, waiting for it, and a watchdog. */
export class Queue {
  private readonly checks: Promise<GpuError | null>[] = [];
  private readonly uncaptured: GpuError[] = [];
  private lost: GpuDeviceLostError | null = null;
  /** Submissions followed one by one, oldest first: the first of them is the one that the GPU is working on. */
  private readonly inFlight = new Set<{ readonly name: string }>();

  /** @param adapter its name, for the message that it was lost */
  constructor(
    readonly gpu: GPUDevice,
    readonly platform: Platform,
    adapter: string,
  ) {
    gpu.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.uncaptured.push(asGpuError('the device', event.error));
    });
    gpu.lost.then(({ reason, message }) => {
      if (reason !== 'destroyed') this.lost = new GpuDeviceLostError(adapter, message);
    });
  }

  /** Runs `work` so that an error the GPU reports for it is thrown under its name by the next `settle` or `wait`. */
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

  /** Waits for a GPU promise. @throws GpuError that the GPU reported meanwhile */
  async wait(promise: Promise<unknown>, work: string): Promise<void> {
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
}

function asGpuError(work: string, error: GPUError): GpuError {
  const message = error.message.trim().replaceAll(/\s*\n\s*/g, ' ');
  if (error instanceof GPUOutOfMemoryError) return new GpuOutOfMemoryError(work, message);
  return new GpuValidationError(work, message);
}
