import type { Device } from './device.ts';

/**
 * Tells how long work on a device takes. Of a software adapter the device is the processor, and what the work took of it is told by
 * the processor time of this process, all threads together: it hardly knows whether other programs run beside it, which stretch what
 * a clock on the wall shows. Of any other adapter, and where a platform has no such clock, it is the clock on the wall.
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
