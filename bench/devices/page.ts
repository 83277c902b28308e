import { openOn, type Platform } from '../../src/engine/index.ts';
import { type Column, measureColumn } from './column.ts';

/** What a browser's adapter answers: this file is bundled, loaded into a page, and the page is asked for `measurePage`. */

const platform: Platform = {
  // A browser does not poll.
  poll: (promise) => promise,
  memoryBudget: 2 ** 30,
  waitLimitSeconds: 300,
  backend: 'browser',
  debug: 0,
  print: () => {},
};

/** @throws Error when the page has no adapter */
async function measurePage(via: string): Promise<Column> {
  const { navigator } = globalThis as unknown as { readonly navigator: Partial<NavigatorGPU> };
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('the page has no WebGPU adapter');
  const device = await openOn(adapter, platform);
  try {
    return await measureColumn(device, via);
  } finally {
    device.destroy();
  }
}

Object.assign(globalThis, { measurePage });
