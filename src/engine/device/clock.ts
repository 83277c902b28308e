import type { Device } from './device.ts';

/**
 * Measures how long work on a device takes. A software adapter runs on the processor, so its clock is the processor time of this
 * process, all threads together: other programs on the machine stretch wall time, but hardly change processor time. Any other adapter,
 * and a platform that cannot measure processor time, has the clock on the wall.
 */
export interface DeviceClock {
  readonly kind: 'processor' | 'wall';
  /** Seconds since some moment. */
  now(): number;
}

/** The clock of a device. */
export function deviceClock({ adapter, platform }: Pick<Device, 'adapter' | 'platform'>): DeviceClock {
  const { processorSeconds } = platform;
  return adapter.software && processorSeconds !== undefined
    ? { kind: 'processor', now: processorSeconds }
    : { kind: 'wall', now: () => performance.now() / 1000 };
}
