import { GpuTimeoutError } from './errors.ts';
import type { Platform } from './platform/platform.ts';

/** Milliseconds after which a wait is given up; a software adapter may need minutes for one large kernel. */
export const WAIT_LIMIT_MS = 300_000;

/**
 * The one way to wait for the GPU: sparing the processor, and never for ever.
 * @param work names what is waited for; a function is asked only when the limit has passed
 * @throws GpuTimeoutError naming the work
 */
export async function waitFor<T>(
  platform: Platform,
  promise: Promise<T>,
  work: string | (() => string),
  limitMs: number = WAIT_LIMIT_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watchdog = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const name = typeof work === 'string' ? work : work();
      reject(
        new GpuTimeoutError(name, `the GPU did not finish within ${limitMs / 1000} s; a kernel may not terminate`),
      );
    }, limitMs);
  });
  try {
    return await platform.settle(Promise.race([promise, watchdog]));
  } finally {
    clearTimeout(timer);
  }
}
