import type { Device } from './device/device.ts';
import type { Platform } from './device/platform.ts';
import { DeviceError } from './errors.ts';
import { openOn } from './open.ts';

const platform: Platform = {
  // A browser does not poll.
  poll: (promise) => promise,
  // No browser tells how much there is; what is beyond this on a telephone ends the page.
  memoryBudget: 2 ** 30,
  waitLimitSeconds: 300,
  backend: 'browser',
  debug: 0,
  print: () => {},
};

/**
 * Opens the WebGPU device of the web page, or of the worker, that this runs in. Variants of kernels are the defaults.
 * @throws DeviceError where the browser has no WebGPU, or no adapter
 */
export async function openInBrowser(): Promise<Device> {
  const { navigator } = globalThis as unknown as { readonly navigator: Partial<NavigatorGPU> };
  if (navigator.gpu === undefined)
    throw new DeviceError(
      'this browser has no WebGPU here: it needs one that has, and an address with https or localhost',
    );
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null)
    throw new DeviceError(
      'this browser has WebGPU, but no adapter: its list of blocked graphics drivers may name this one',
    );
  return openOn(adapter, platform);
}
