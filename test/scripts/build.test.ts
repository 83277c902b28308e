import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { build, bundlePath } from '../../scripts/build.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const launcher = join(root, 'bin/outlast.mjs');

test('the launcher rebuilds a bundle that is older than its sources, and only then', async () => {
  await build();
  utimesSync(bundlePath, 0, 0);
  const { status, stdout } = spawnSync(process.execPath, [launcher, '--help'], { encoding: 'utf8' });
  expect(stdout).toContain('Usage: outlast');
  expect(status).toBe(0);
  expect(statSync(bundlePath).mtimeMs).toBeGreaterThan(0);
  expect(await build()).toBe(false);
  expect(await build({ force: true })).toBe(true);
});

test('the bundle names its sources for stack traces', () => {
  const { sources } = JSON.parse(readFileSync(`${bundlePath}.map`, 'utf8'));
  expect(sources).toContain('../src/cli/main.ts');
});

test('parts of builds that are long past are removed, those of today stay for programs that run', async () => {
  const place = (name: string) => join(dirname(bundlePath), 'parts', name);
  for (const name of ['old.mjs', 'recent.mjs']) writeFileSync(place(name), '');
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
  utimesSync(place('old.mjs'), twoDaysAgo, twoDaysAgo);
  await build({ force: true });
  expect([place('old.mjs'), place('recent.mjs')].map(existsSync)).toEqual([false, true]);
  rmSync(place('recent.mjs'));
});

test('a package that is not installed is one line, and exit 2', () => {
  const checkout = mkdtempSync(join(tmpdir(), 'outlast-checkout-'));
  try {
    for (const folder of ['bin', 'scripts', 'package.json'])
      cpSync(join(root, folder), join(checkout, folder), { recursive: true });
    for (const folder of ['src', 'bench', 'node_modules']) mkdirSync(join(checkout, folder));
    writeFileSync(join(checkout, 'node_modules/.package-lock.json'), '{}');
    // A bundle that needs no build, and a package that nobody has.
    mkdirSync(join(checkout, 'dist'));
    writeFileSync(join(checkout, 'dist/outlast.mjs'), "import '@outlast/nowhere';");
    utimesSync(join(checkout, 'dist/outlast.mjs'), 4e9, 4e9);
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(checkout, 'bin/outlast.mjs'), '--help'], {
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: `outlast: the package @outlast/nowhere is not installed, though package-lock.json names it; run \`node ${join(checkout, 'scripts/setup.mjs')}\` first\n`,
    });
  } finally {
    rmSync(checkout, { recursive: true });
  }
});
