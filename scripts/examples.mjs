/** Runs the programs of examples/ from this checkout: `npm run examples` all, `npm run examples -- attack 500` one with its arguments. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundling } from './build.mjs';
import { driverEnvironment, root } from './driver.mjs';

const examples = join(root, 'examples');

/** @typedef {(name: string, ...words: string[]) => import('node:child_process').SpawnSyncReturns<string>} RunProgram */

/** Names of all examples. */
export const exampleNames = readdirSync(examples)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => basename(name, '.ts'));

/**
 * Bundles programs that import outlast by its name, from this checkout's sources, and calls what runs one of them.
 * @template T what `use` makes
 * @param {readonly string[]} paths of TypeScript programs
 * @param {(run: RunProgram) => T} use
 * @returns {Promise<T>}
 */
export async function withPrograms(paths, use) {
  // Beside the packages, so that the programs find them.
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'programs-'));
  try {
    await build({
      ...bundling,
      entryPoints: [...paths],
      outdir: folder,
      outbase: root,
      entryNames: '[name]',
      outExtension: { '.js': '.mjs' },
    });
    return use((name, ...words) =>
      spawnSync(process.execPath, [join(folder, `${name}.mjs`), ...words], {
        encoding: 'utf8',
        env: { ...process.env, ...driverEnvironment() },
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {readonly string[]} names */
export const examplePaths = (names) => names.map((name) => join(examples, `${name}.ts`));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [chosen, ...words] = process.argv.slice(2);
  const names = chosen === undefined ? exampleNames : [chosen];
  if (names.some((name) => !exampleNames.includes(name))) {
    console.error(`examples: "${chosen}" is none; there are ${exampleNames.join(', ')}`);
    process.exit(2);
  }
  await withPrograms(examplePaths(names), (run) => {
    for (const name of names) {
      console.log(`${name}:`);
      const { stdout, status } = run(name, ...words);
      process.stdout.write(stdout);
      if (status !== 0) process.exitCode = 1;
    }
  });
}
