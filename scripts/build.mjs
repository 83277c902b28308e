/**
 * Bundles the program into dist/outlast.mjs. As a program (`npm run build`) it always builds; `build()` only when something
 * changed.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shadersForEsbuild } from './shaders.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** The bundle that bin/outlast.mjs starts in a checkout. */
export const bundlePath = join(dist, 'outlast.mjs');

/** Parts of earlier builds are kept for so long: programs that started from them may load more of them. */
const keptMs = 24 * 3600 * 1000;

/**
 * How everything of outlast is bundled: what several entries or a part that is loaded later have in common becomes a file of its own,
 * called by a digest of what it holds.
 * @satisfies {import('esbuild').BuildOptions}
 */
export const bundling = /** @type {const} */ ({
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  plugins: [shadersForEsbuild],
  chunkNames: 'parts/[name]-[hash]',
  logLevel: 'warning',
});

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
 * Removes parts that the last builds left behind.
 * @param {ReadonlySet<string>} current paths of those that are in use
 */
function removeOldParts(current) {
  const folder = join(dist, 'parts');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    const { mtimeMs = Number.POSITIVE_INFINITY } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (!current.has(path) && mtimeMs < Date.now() - keptMs) rmSync(path, { force: true });
  }
}

/**
 * Writes the bundle and its source maps when they are missing or out of date.
 * @param {{ force?: boolean }} [options]
 * @returns {Promise<boolean>} whether anything was built
 * @throws when a source file does not compile; the bundle of before stays as it was
 */
export async function build({ force = false } = {}) {
  if (!force && !isStale()) return false;
  const started = new Date();
  const esbuild = await import('esbuild');
  const { outputFiles } = await esbuild.build({
    ...bundling,
    entryPoints: { outlast: join(root, 'src/cli/main.ts') },
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    sourcemap: true,
    write: false,
  });
  mkdirSync(join(dist, 'parts'), { recursive: true });
  // Several processes may build at once: each file appears whole or not at all, and that which names the others last.
  const isEntry = (/** @type {string} */ path) => Number(path === bundlePath);
  for (const { path, contents } of outputFiles.sort((a, b) => isEntry(a.path) - isEntry(b.path))) {
    const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  }
  removeOldParts(new Set(outputFiles.map(({ path }) => path)));
  // Dated at the start of the build, so that a file saved while it ran makes the bundle stale.
  utimesSync(bundlePath, started, started);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build({ force: true });
