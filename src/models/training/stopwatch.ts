import type { DeviceClock } from '../../engine/index.ts';

/** Tells the time of work that is interrupted, by two clocks. */
export interface Stopwatch {
  /** On the wall, with those from before. */
  seconds(): number;
  /** By the clock of the device. */
  deviceSeconds(): number;
  start(): void;
  pause(): void;
}

/**
 * Stands until it is started.
 * @param before seconds on the wall that count as spent
 */
export function stopwatch(clock: DeviceClock, before = 0): Stopwatch {
  const now = () => ({ wall: performance.now() / 1000, device: clock.now() });
  let spent = { wall: before, device: 0 };
  let since: ReturnType<typeof now> | null = null;
  const sum = () => {
    if (since === null) return spent;
    const until = now();
    return { wall: spent.wall + until.wall - since.wall, device: spent.device + until.device - since.device };
  };
  return {
    seconds: () => sum().wall,
    deviceSeconds: () => sum().device,
    start: () => {
      since ??= now();
    },
    pause: () => {
      spent = sum();
      since = null;
    },
  };
}
