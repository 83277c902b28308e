import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, utimesSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { build, bundlePath } from '../../scripts/build.mjs';

const launcher = fileURLToPath(new URL('../../bin/outlast.mjs', import.meta.url));

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
