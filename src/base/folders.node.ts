import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of outlast's own package.json above this file: the root of a checkout, or where npm installed it. */
function ownFolder(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isOwn(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) return undefined;
    folder = above;
  }
  return folder;
}

/** Other packages lie around a program into which outlast was bundled. */
const isOwn = (path: string) => existsSync(path) && JSON.parse(readFileSync(path, 'utf8')).name === 'outlast';

/**
 * The folder of the package that this program was started from, be it a checkout or installed by npm.
 * @throws Error where it was bundled into another program: its files are not there
 */
export function packageFolder(): string {
  const folder = ownFolder();
  if (folder === undefined) throw new Error(`${fileURLToPath(import.meta.url)} lies in no package of outlast`);
  return folder;
}

/**
 * Where things are kept that can be made or fetched again (measured rooflines, choices of kernels, data sets): `.cache` of a checkout, else
 * `outlast` in the user's folder for such, $XDG_CACHE_HOME or ~/.cache.
 */
export function cacheFolder(): string {
  const folder = ownFolder();
  return folder !== undefined && existsSync(join(folder, 'src'))
    ? join(folder, '.cache')
    : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'outlast');
}
