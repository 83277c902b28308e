/** Rooflines that were measured before, in a file: measuring takes seconds, and an adapter's best does not change. */
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../base/files.node.ts';
import { cacheFolder } from '../../base/folders.node.ts';
import type { Device } from '../device/device.ts';
import { adapterKey, fingerprint, readKept } from './kept.node.ts';
import { measureRoofline, type Roofline, rooflineSource } from './roofline.ts';

const schema = z.record(z.string(), z.strictObject({ gflops: z.number().positive(), gbs: z.number().positive() }));

export interface RooflineCache {
  /** Measures again, and keeps what is measured. */
  readonly fresh?: boolean;
  /** Called once, with a line, when the file is damaged and is written again. */
  warn(line: string): void;
  readonly folder?: string;
  readonly measure?: (device: Device) => Promise<Roofline>;
}

/** The roofline of a device: the one kept for its adapter, driver and the measuring kernels, else measured now and kept. */
export async function rooflineOf(
  device: Device,
  { fresh = false, warn, folder = cacheFolder(), measure = measureRoofline }: RooflineCache,
): Promise<Roofline> {
  const path = join(folder, 'roofline.json');
  const rooflines = await readKept({ path, what: 'rooflines', schema, warn });
  const key = `${adapterKey(device)} | ${fingerprint(rooflineSource)}`;
  if (!fresh && Object.hasOwn(rooflines, key)) return rooflines[key];
  const { gflops, gbs } = await measure(device);
  await writeFileAtomic(path, `${JSON.stringify({ ...rooflines, [key]: { gflops, gbs } }, null, 2)}\n`);
  return { gflops, gbs };
}
