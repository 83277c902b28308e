import { type Device, openInBrowser } from '../../engine/index.ts';

let opened: Promise<Device> | undefined;
let generation = 0;

/** The worker's device, opened when it is first needed, and again after it was lost. @throws DeviceError where there is none */
export function pageDevice(): Promise<Device> {
  opened ??= openOnce();
  return opened;
}

/** How many devices were lost: what was uploaded before is gone. */
export const lostDevices = (): number => generation;

async function openOnce(): Promise<Device> {
  try {
    const device = await openInBrowser();
    device.gpu.lost.then(() => {
      opened = undefined;
      generation++;
    });
    return device;
  } catch (error) {
    // Whoever asks again may have plugged one in.
    opened = undefined;
    throw error;
  }
}
