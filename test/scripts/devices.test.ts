import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Column } from '../../bench/devices/column.ts';
import { documentOf } from '../../bench/devices/document.ts';
import { sections } from '../../bench/devices/sections.ts';

const folder = 'docs/devices';
const columns: Record<string, Column> = Object.fromEntries(
  readdirSync(folder)
    .sort()
    .map((name) => [basename(name, '.json'), JSON.parse(readFileSync(join(folder, name), 'utf8'))]),
);
const text = readFileSync('docs/devices.md', 'utf8');

test('docs/devices.md is what `node scripts/devices.mjs --merge` makes of docs/devices/', () => {
  expect(documentOf(text, columns)).toBe(text);
});

test.each(Object.keys(columns))(
  'the column of %s has an answer to every question that is asked today, and no other',
  (name) => {
    const asked = sections.map(({ title, rows }) => [title, rows.map(({ what }) => what)]);
    expect(Object.entries(columns[name].answers).map(([title, answers]) => [title, Object.keys(answers)])).toEqual(
      asked,
    );
  },
);

test.each(Object.keys(columns))('what the engine relies on holds for %s', (name) => {
  for (const { title, rows } of sections)
    for (const { what, relied } of rows)
      if (relied) expect(columns[name].answers[title][what], `${title}: ${what}`).toMatchObject({ holds: true });
});

test('a document without a place for the tables is refused', () => {
  expect(() => documentOf('# Devices\n', columns)).toThrow('the document has no place <!-- versions -->');
});

test('a flag that does not exist is told in one line, exit code 2', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/devices.mjs', '--nonsense'], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^devices: Unknown option '--nonsense'[^\n]*\n$/);
});
