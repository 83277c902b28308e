import { GpuTimeoutError } from '../errors.ts';
import type { Platform } from './platform.ts';

/**
 * The one way to wait for the GPU: sparing the processor, and never for ever.
 * @param work names what is waited for; asked only when the platform's limit has passed
 * @throws GpuTimeoutError naming the work
 */
export async function waitFor<T>(platform: Platform, promise: Promise<T>, work: () => string): Promise<T> {
  const seconds = platform.waitLimitSeconds;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watchdog = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new GpuTimeoutError(work(), `the GPU did not finish within ${seconds} s; a kernel may not terminate`)),
      1000 * seconds,
    );
  });
  try {
    return await platform.poll(Promise.race([promise, watchdog]));
  } finally {
    clearTimeout(timer);
  }
}
