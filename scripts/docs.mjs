/** Writes what the documentation takes from the program: docs/commands.md, and the tables in other pages. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, bundlePath } from './build.mjs';
import { root } from './driver.mjs';

await build();

/**
 * Writes a page that the program tells.
 * @param {string} page
 * @param {string[]} words
 */
function write(page, ...words) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [bundlePath, 'reference', ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${page} cannot be made: ${stderr}`);
  writeFileSync(`${page}.new`, stdout);
  renameSync(`${page}.new`, page);
}

const folder = join(root, 'docs');
write(join(folder, 'commands.md'));
for (const name of readdirSync(folder)) {
  const page = join(folder, name);
  if (name.endsWith('.md') && readFileSync(page, 'utf8').includes('<!-- table ')) write(page, page);
}
