import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout that this program was started from: the nearest one above it that holds a package. */
export function checkoutFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`${fileURLToPath(import.meta.url)} lies in no checkout of outlast`);
    folder = above;
  }
  return folder;
}

/** Where things are kept that can be made again: measured rooflines, programs to compare with. */
export const cacheFolder = (): string => join(checkoutFolder(), '.cache');
