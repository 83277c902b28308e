/** Rooflines that were measured before, in a file: measuring takes seconds, and an adapter's best does not change. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Device } from '../device.ts';
import { measureRoofline, type Roofline, rooflineSource } from '../roofline.ts';
import { readJson, writeFileAtomic } from './files.node.ts';
import { cacheFolder } from './folders.node.ts';

const kept = z.record(z.string(), z.strictObject({ gflops: z.number().positive(), gbs: z.number().positive() }));

export interface RooflineCache {
  /** Measures again, and keeps what is measured. */
  readonly fresh?: boolean;
  /** Told once, in one line, when the file is not what it should be and is written anew. */
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
  const rooflines = await readKept(path, warn);
  const key = keyOf(device);
  if (!fresh && Object.hasOwn(rooflines, key)) return rooflines[key];
  const { gflops, gbs } = await measure(device);
  await writeFileAtomic(path, `${JSON.stringify({ ...rooflines, [key]: { gflops, gbs } }, null, 2)}\n`);
  return { gflops, gbs };
}

function keyOf({ adapter: { name, vendor, driver, backend } }: Device): string {
  const source = createHash('sha256').update(rooflineSource).digest('hex').slice(0, 16);
  return [vendor, name, driver, backend, source].join(' | ');
}

async function readKept(path: string, warn: (line: string) => void): Promise<Record<string, Roofline>> {
  if (!existsSync(path)) return {};
  try {
    return kept.parse(await readJson(path));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s*\n\s*/g, ' ') : String(error);
    warn(`${path} holds no rooflines and is written anew: ${reason}`);
    return {};
  }
}
