import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readTarEntry } from '../../scripts/swiftshader.mjs';

const folder = mkdtempSync(join(tmpdir(), 'outlast-tar-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Sizes at and around tar's block of 512 bytes; the archive is written by the system's tar.
test('reads what tar wrote', () => {
  const files = [0, 1, 511, 512, 513, 5000].map((size) => ({
    name: `${size}.bin`,
    bytes: Buffer.alloc(size, size % 251),
  }));
  for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes);
  const names = files.map(({ name }) => name);
  const archive = execFileSync('tar', ['--format=ustar', '-C', folder, '-cf', '-', './0.bin', ...names.slice(1)]);
  for (const { name, bytes } of files) expect(readTarEntry(archive, name).equals(bytes)).toBe(true);
  expect(() => readTarEntry(archive, '2.bin')).toThrow('the archive holds no 2.bin');
});
