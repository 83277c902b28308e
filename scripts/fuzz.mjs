/**
 * Fuzzes the readers of files: `npm run fuzz -- [READER...] [--cases N] [--seed N]`. Each runs in a process of its own; what it should not
 * have done is told with the file, which is kept in node_modules/.cache/fuzz. Exit code 1 where there is any.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root } from './driver.mjs';
import { shadersForEsbuild } from './shaders.mjs';

const known = readdirSync(join(root, 'test/fuzz'))
  .filter((name) => name !== 'readers.ts' && !name.endsWith('.test.ts'))
  .map((name) => name.replace(/\.ts$/, ''))
  .sort();

/** @param {string} line */
function refuse(line) {
  console.error(`fuzz: ${line}`);
  process.exit(2);
}

/** @param {'cases' | 'seed'} name @param {string} text */
function whole(name, text) {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) refuse(`--${name} is "${text}"; it must be a whole number`);
  return value;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cases: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const cases = whole('cases', values.cases);
const seed = whole('seed', values.seed);
const unknown = positionals.find((name) => !known.includes(name));
if (unknown !== undefined) refuse(`"${unknown}" is no reader; there are ${known.join(', ')}`);

mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
// Beside the packages, so that the program finds them.
const folder = mkdtempSync(join(root, 'node_modules/.fuzz-'));
try {
  const program = join(folder, 'program.mjs');
  await build({
    entryPoints: [join(root, 'test/support/fuzz/program.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    plugins: [shadersForEsbuild],
    absWorkingDir: root,
    logLevel: 'warning',
  });
  for (const reader of positionals.length > 0 ? positionals : known) {
    const words = [program, reader, String(cases), String(seed), join(root, 'node_modules/.cache/fuzz')];
    const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
