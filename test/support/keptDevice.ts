import { afterAll } from 'vitest';
import type { Device } from '../../src/engine/device/device.ts';
import { openDevice } from '../../src/engine/open.node.ts';

/**
 * Opens one device for all commands that a test file runs: each command's own would compile the same kernels again. A command's
 * `destroy` leaves it open; the end of the file closes it. Call at the top of the file, and give what it returns to the program.
 */
export function useKeptDevice(): () => Promise<Device> {
  let opened: Promise<Device> | undefined;
  let close = () => {};
  afterAll(() => close());
  return () => {
    opened ??= openDevice().then((device) => {
      close = device.destroy.bind(device);
      return Object.assign(device, { destroy: () => {} });
    });
    return opened;
  };
}
