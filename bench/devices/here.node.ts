import { openDevice } from '../../src/engine/open.node.ts';
import { type Column, measureColumn } from './column.ts';

export { documentOf } from './document.ts';
export { tables } from './tables.ts';

/** Asks this machine's adapter. @param via what runs the WGSL, with its version @throws DeviceError where there is none */
export async function measureHere(via: string): Promise<Column> {
  const device = await openDevice();
  try {
    return await measureColumn(device, via);
  } finally {
    device.destroy();
  }
}
