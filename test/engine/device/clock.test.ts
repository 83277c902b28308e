import { expect, test } from 'vitest';
import { deviceClock } from '../../../src/engine/device/clock.ts';
import type { Device } from '../../../src/engine/device/device.ts';

/** A device of which only the adapter and the platform are asked. */
const device = (software: boolean, processorSeconds?: () => number) =>
  ({ adapter: { software }, platform: { processorSeconds } }) as unknown as Device;

test('a software adapter is timed by the processor, where its time is told; others by the clock on the wall', () => {
  let spent = 3;
  const clock = deviceClock(device(true, () => spent));
  expect(clock.kind).toBe('processor');
  expect(clock.now()).toBe(3);
  spent = 5;
  expect(clock.now()).toBe(5);
  for (const other of [device(true), device(false, () => spent), device(false)]) {
    const { kind, now } = deviceClock(other);
    expect(kind).toBe('wall');
    const before = performance.now() / 1000;
    const seconds = now();
    expect(seconds).toBeGreaterThanOrEqual(before);
    expect(seconds).toBeLessThanOrEqual(performance.now() / 1000);
  }
});
