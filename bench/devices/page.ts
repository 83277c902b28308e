import { openInBrowser } from '../../src/engine/index.ts';
import { type Column, measureColumn } from './column.ts';

/** What a browser's adapter answers: this file is bundled, loaded into a page, and the page is asked for `measurePage`. */

/** @throws DeviceError when the page has no adapter */
async function measurePage(via: string): Promise<Column> {
  const device = await openInBrowser();
  try {
    return await measureColumn(device, via);
  } finally {
    device.destroy();
  }
}

Object.assign(globalThis, { measurePage });
