import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { openDevice } from '../../src/engine/open.node.ts';
import { casesOf } from './case.ts';
import { type Outcome, runCase } from './runCase.ts';
import { type WrittenNetwork, writeNetworks } from './written.node.ts';

export { fixtureOf } from './fixture.ts';
export { conformanceTable, conformanceText, withConformance } from './table.ts';

/**
 * Runs all cases of packs on one device of this machine.
 * @param report called with each case as soon as it has run
 * @throws DeviceError where there is no adapter
 */
export async function runPacks(paths: readonly string[], report: (outcome: Outcome) => void): Promise<void> {
  const device = await openDevice();
  try {
    for (const path of paths)
      for (const each of casesOf(gunzipSync(readFileSync(path)).toString('utf8'))) report(await runCase(device, each));
  } finally {
    device.destroy();
  }
}

/** `writeNetworks` on a device of this machine. @throws DeviceError where there is no adapter */
export async function writeNetworksHere(report: (network: WrittenNetwork) => void): Promise<void> {
  const device = await openDevice();
  try {
    await writeNetworks(device, report);
  } finally {
    device.destroy();
  }
}
