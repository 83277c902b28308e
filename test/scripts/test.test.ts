import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/test.mjs', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outlast-tests-'));
  mkdirSync(join(folder, 'test'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the test runner on a folder of test files. */
function runTests(files: Record<string, string>, ...args: string[]) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'test', name), text);
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== 'CI');
  const { status, stdout } = spawnSync(process.execPath, [script, '--root', folder, '--globals', ...args], {
    encoding: 'utf8',
    env: { ...Object.fromEntries(environment), NO_COLOR: '1' },
  });
  return { status, stdout, last: stdout.trimEnd().split('\n').at(-1) };
}

const passing = "test('holds', () => expect(1).toBe(1));";

test('tests that pass: status 0, and their number in the last line', () => {
  const { status, stdout, last } = runTests({ 'a.test.ts': passing, 'b.test.ts': `${passing} test('too', () => {});` });
  expect(last).toBe('3 passed, 0 failed');
  expect(stdout).toContain('2 of 2 test files reported every test');
  expect(status).toBe(0);
});

test('a test that fails: status 1; a skipped one is counted and its reason printed', () => {
  const { status, stdout, last } = runTests({
    'a.test.ts': `${passing} test('breaks', () => expect(1).toBe(2));`,
    'b.test.ts': `${passing} test('waits', ({ skip }) => skip('no shader-f16 here'));`,
  });
  expect(last).toBe('2 passed, 1 failed, 1 skipped');
  expect(stdout).toContain('skipped: test/b.test.ts: waits (no shader-f16 here)');
  expect(status).toBe(1);
});

// Dawn has ended workers in both ways; process.reallyExit passes by the guard that vitest puts around process.exit.
test.each([
  ['killed', "process.kill(process.pid, 'SIGKILL')"],
  ['ended with status 0', 'process.reallyExit(0)'],
])('a worker that is %s: its file counts as failed', (_, end) => {
  const { status, stdout, last } = runTests({
    'a.test.ts': passing,
    'dies.test.ts': `${passing} test('ends', () => { ${end}; });`,
  });
  expect(stdout).toContain('1 of 2 test files reported every test');
  expect(stdout).toMatch(/test\/dies\.test\.ts (did not report|ended before)/);
  expect(last).toMatch(/^[12] passed, 1 failed$/);
  expect(status).toBe(1);
});

test('a file that cannot be loaded, or holds no test, counts as failed', () => {
  const { status, last } = runTests({ 'a.test.ts': passing, 'b.test.ts': "import './nowhere.ts';", 'c.test.ts': '' });
  expect(last).toBe('1 passed, 2 failed');
  expect(status).toBe(1);
});

test('a filter names the files that have to report', () => {
  const { status, stdout, last } = runTests({ 'a.test.ts': passing, 'b.test.ts': 'throw new Error();' }, 'test/a');
  expect(stdout).toContain('1 of 1 test files reported every test');
  expect(last).toBe('1 passed, 0 failed');
  expect(status).toBe(0);
});
