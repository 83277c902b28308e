/** Bundles src/cli/main.ts into dist/outlast.mjs. As a program (`npm run build`) it always builds; `build()` only when something changed. */
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = join(root, 'src/cli/main.ts');

/** The bundle that bin/outlast.mjs starts. */
export const bundlePath = join(root, 'dist/outlast.mjs');

/**
 * Newest modification time (milliseconds) of a folder and everything in it. Folders count, because a deleted file shows only there.
 * @param {string} folder
 * @returns {number}
 */
function newestChange(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((newest, item) => {
    const path = join(folder, item.name);
    return Math.max(newest, item.isDirectory() ? newestChange(path) : statSync(path).mtimeMs);
  }, statSync(folder).mtimeMs);
}

/** Whether the bundle is missing or older than a source file, this script or the package's description. */
function isStale() {
  if (!existsSync(bundlePath)) return true;
  const built = statSync(bundlePath).mtimeMs;
  const others = [fileURLToPath(import.meta.url), join(root, 'package.json')].map((path) => statSync(path).mtimeMs);
  const sources = ['src', 'bench'].map((folder) => newestChange(join(root, folder)));
  return Math.max(...sources, ...others) >= built;
}

/**
 * Writes the bundle and its source map when they are missing or out of date.
 * @param {{ force?: boolean }} [options]
 * @returns {Promise<boolean>} whether anything was built
 * @throws when a source file does not compile; the bundle of before stays as it was
 */
export async function build({ force = false } = {}) {
  if (!force && !isStale()) return false;
  const started = new Date();
  const esbuild = await import('esbuild');
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry],
    outfile: bundlePath,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    loader: { '.wgsl': 'text' },
    sourcemap: true,
    write: false,
    logLevel: 'warning',
  });
  mkdirSync(join(root, 'dist'), { recursive: true });
  // Several processes may build at once: each file appears whole or not at all, and the bundle last.
  for (const { path, contents } of outputFiles.sort((a, b) => b.path.length - a.path.length)) {
    const temporary = join(root, 'dist', `.${basename(path)}.${process.pid}`);
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  }
  // Dated at the start of the build, so that a file saved while it ran makes the bundle stale.
  utimesSync(bundlePath, started, started);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build({ force: true });
