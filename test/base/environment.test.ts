import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ENVIRONMENT, settingsOf } from '../../src/base/environment.ts';

test('numbers of the environment, and what stands for them', () => {
  expect(settingsOf({})).toEqual({ debug: 0, waitLimitSeconds: 300 });
  expect(settingsOf({ OUTLAST_DEBUG: '', OUTLAST_WAIT_LIMIT: '' })).toEqual({ debug: 0, waitLimitSeconds: 300 });
  expect(settingsOf({ OUTLAST_DEBUG: '4', OUTLAST_WAIT_LIMIT: '0.5' })).toEqual({ debug: 4, waitLimitSeconds: 0.5 });
});

test.each(['yes', '5', '-1', '1.5'])('OUTLAST_DEBUG=%s is refused', (OUTLAST_DEBUG) => {
  expect(() => settingsOf({ OUTLAST_DEBUG })).toThrow(
    `OUTLAST_DEBUG is "${OUTLAST_DEBUG}"; it must be a whole number from 0 to 4`,
  );
});

// From 2147483648 ms on a timer of Node fires at once.
test.each(['never', '0', '-3', 'NaN', 'Infinity', '2147484'])('OUTLAST_WAIT_LIMIT=%s is refused', (value) => {
  expect(() => settingsOf({ OUTLAST_WAIT_LIMIT: value })).toThrow(
    `OUTLAST_WAIT_LIMIT is "${value}"; it must be a number of seconds above 0, and below 2147483`,
  );
});

/** Set by other programs for theirs, and no settings of this one. */
const FOREIGN = ['CI', 'PATH', 'npm_execpath', 'LD_LIBRARY_PATH', 'XDG_DATA_DIRS', 'XDG_DATA_HOME'];

test('every variable that the program or its scripts read is in the list', () => {
  const texts = ['src', 'bench', 'bin', 'scripts'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((item) => item.isFile() && /\.(ts|mjs)$/.test(item.name))
      .map((item) => readFileSync(join(item.parentPath, item.name), 'utf8')),
  );
  const read = texts.flatMap((text) =>
    [...text.matchAll(/process\.env\.(\w+)|\.env\('(\w+)'\)|\b(OUTLAST_[A-Z_]+)\b/g)].map(([, a, b, c]) => a ?? b ?? c),
  );
  const known = new Set([...ENVIRONMENT.map(({ name }) => name), 'VK_ICD_FILENAMES', ...FOREIGN]);
  expect(read).toContain('OUTLAST_WAIT_LIMIT');
  expect([...new Set(read)].filter((name) => !known.has(name))).toEqual([]);
});
