/** Files of measurements, kept because measuring takes time: what is damaged or of another version is measured again. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readJson } from '../../base/files.node.ts';
import type { AdapterProfile } from '../device/profile.ts';

/** Adapter and driver as text: measurements of one do not hold for another. */
export const adapterKey = ({ adapter: { name, vendor, driver, backend } }: Pick<AdapterProfile, 'adapter'>): string =>
  [vendor, name, driver, backend].join(' | ');

/** A short text that differs for different texts. */
export const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

export interface KeptFile<T> {
  readonly path: string;
  /** What the file holds, as in "roofline.json holds no rooflines". */
  readonly what: string;
  readonly schema: z.ZodType<Record<string, T>>;
  /** Told once, in one line, when the file is not what it should be. */
  warn(line: string): void;
}

/** The entries of a file by their keys; none where the file is missing or damaged. */
export async function readKept<T>({ path, what, schema, warn }: KeptFile<T>): Promise<Record<string, T>> {
  if (!existsSync(path)) return {};
  try {
    return schema.parse(await readJson(path));
  } catch (error) {
    const text =
      error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
    const reason = text.replaceAll(/\s*\n\s*/g, ' ');
    warn(`${path} holds no ${what} and is written anew: ${reason}`);
    return {};
  }
}
