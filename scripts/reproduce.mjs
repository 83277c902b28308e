/**
 * Packs a commit twice, from two clones in folders of other names and depths and with packages of their own, and compares the packages
 * byte for byte: `npm run reproduce [-- COMMIT]`. Prints their SHA-256, to be compared with what was published; exit code 1 where they
 * differ. Needs the registry, and a minute or two.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './driver.mjs';

/**
 * @param {string} program
 * @param {string[]} words
 * @param {string} cwd
 * @returns {string} standard output
 */
function run(program, words, cwd) {
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} failed: ${error?.message ?? stderr.trim()}`);
  return stdout;
}

/**
 * @param {string} commit
 * @param {string} folder
 * @returns {string} SHA-256 of the package
 */
function packed(commit, folder) {
  mkdirSync(folder, { recursive: true });
  run('git', ['clone', '--quiet', root, folder], root);
  run('git', ['checkout', '--quiet', commit], folder);
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--silent'], folder));
  return createHash('sha256')
    .update(readFileSync(join(folder, filename)))
    .digest('hex');
}

const commit = run('git', ['rev-parse', process.argv[2] ?? 'HEAD'], root).trim();
const work = mkdtempSync(join(tmpdir(), 'outlast-reproduce-'));
try {
  const digests = [join(work, 'a'), join(work, 'another/place/of/it')].map((folder) => packed(commit, folder));
  console.log(`${commit}: ${[...new Set(digests)].join(' and ')}`);
  if (new Set(digests).size > 1) {
    console.error('reproduce: two packages of one commit differ');
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
