import {
  GpuDeviceLostError,
  type GpuError,
  GpuOutOfMemoryError,
  GpuTimeoutError,
  GpuValidationError,
} from '../errors.ts';
import type { Platform } from './platform.ts';
import { waitFor } from './wait.ts';

/** A rejected promise is known before the loss that it follows from: how long to wait for the reason. */
const LOSS_MILLISECONDS = 1000;

/** What is submitted to a GPU: its errors, by the name of the work, waiting for it, and a watchdog. */
export class Queue {
  private readonly checks: Promise<GpuError | null>[] = [];
  private readonly uncaptured: GpuError[] = [];
  /** Why the device was lost; null while it is there. */
  private loss: string | null = null;
  /** The device is no longer wanted: that it goes is no loss. */
  private closed = false;
  private failure: GpuDeviceLostError | GpuTimeoutError | null = null;
  /** Submissions followed one by one, oldest first: the first of them is the one that the GPU is working on. */
  private readonly inFlight = new Set<{ readonly name: string }>();

  /** @param adapter its name, for the message that it was lost */
  constructor(
    readonly gpu: GPUDevice,
    readonly platform: Platform,
    private readonly adapter: string,
  ) {
    gpu.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.uncaptured.push(asGpuError('the device', event.error));
    });
    gpu.lost.then(({ message }) => {
      if (!this.closed) this.loss = oneLine(message);
    });
  }

  /** Why nothing more can be computed here: the device was lost, or a kernel on it does not end; null while it works. */
  get broken(): GpuDeviceLostError | GpuTimeoutError | null {
    return this.failure ?? (this.loss === null ? null : this.lostDuring('the device'));
  }

  /** Gives the device back. One on which a kernel does not end is left to the end of the process: closing it would wait for the kernel. */
  close(): void {
    this.closed = true;
    if (!(this.failure instanceof GpuTimeoutError)) this.gpu.destroy();
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
            (reason) => this.lostDuring(name, reason),
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
    const [outcome] = await this.watched(Promise.allSettled([promise]), name);
    const found = (await this.watched(Promise.all(this.checks.splice(0)), name)).filter((error) => error !== null);
    // Those that no scope caught are consequences of one that a scope did, such as a write to a buffer that was not made.
    const [uncaptured] = this.uncaptured.splice(0);
    const reported = found.find((error) => !(error instanceof GpuDeviceLostError)) ?? uncaptured;
    const gone = outcome.status === 'rejected' || found.length > 0;
    if (gone && reported === undefined) await this.knownLoss();
    if (this.loss !== null) throw this.lostDuring(work);
    if (reported !== undefined) throw reported;
    if (outcome.status === 'rejected') throw this.lostDuring(work, outcome.reason);
  }

  private async watched<T>(promise: Promise<T>, work: () => string): Promise<T> {
    try {
      return await waitFor(this.platform, promise, work);
    } catch (error) {
      if (error instanceof GpuTimeoutError) {
        this.failure = error;
        this.platform.onHang?.();
      }
      throw error;
    }
  }

  /** Waits until the device says why it was lost, for a moment. */
  private async knownLoss(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LOSS_MILLISECONDS);
    });
    await this.platform.poll(Promise.race([this.gpu.lost, late]));
    clearTimeout(timer);
  }

  /** @param reason what is known where the device has not said why it is gone */
  private lostDuring(work: string, reason?: unknown): GpuDeviceLostError {
    const why = this.loss ?? oneLine(String(reason));
    const error = new GpuDeviceLostError(work, `the device was lost (${this.adapter}): ${why}`);
    if (this.loss !== null) this.failure ??= error;
    return error;
  }
}

const oneLine = (text: string) => text.trim().replaceAll(/\s*\n\s*/g, ' ');

function asGpuError(work: string, error: GPUError): GpuError {
  const message = oneLine(error.message);
  if (error instanceof GPUOutOfMemoryError) return new GpuOutOfMemoryError(work, message);
  return new GpuValidationError(work, message);
}
