import { expect, test } from 'vitest';
import { Table, wrapped } from '../../../src/cli/terminal/table.ts';
import { printLines } from '../../../src/cli/terminal/terminal.ts';
import { collectTerminal } from '../../support/collectTerminal.ts';

const table = new Table([
  ['', 'coef', 'hazard ratio', 'se', 'p'],
  ['age', '0.5', '1.65', '0.1', '<0.001'],
  ['defence: feature-squeezing', '-1', '0.37', '0.2', '0.03'],
]);

const whole = [
  '                            coef  hazard ratio   se       p',
  'age                          0.5          1.65  0.1  <0.001',
  'defence: feature-squeezing    -1          0.37  0.2    0.03',
];

test('a table that fits is aligned: names to the left, figures to the right', () => {
  expect(table.fitted(59)).toEqual(whole);
  expect(String(table)).toBe(whole.join('\n'));
});

test('in a file or another program every row has as many cells as the heading', () => {
  const gaps = new Table([
    ['', 'coef', 'ratio'],
    ['Intercept', '1.5', ''],
    ['age', '', '2.1'],
  ]);
  expect(String(gaps)).toBe(['           coef  ratio', 'Intercept   1.5     NA', 'age          NA    2.1'].join('\n'));
  expect(gaps.fitted(40)).toEqual(['           coef  ratio', 'Intercept   1.5', 'age                2.1']);
});

test('a wider one is printed in parts, with the names in each', () => {
  const narrow = new Table([
    ['', 'coef', 'hazard ratio', 'se', 'p'],
    ['age', '0.5', '1.65', '0.1', '<0.001'],
    ['load', '-1', '0.37', '0.2', '0.03'],
  ]);
  expect(narrow.fitted(26)).toEqual([
    '      coef  hazard ratio',
    'age    0.5          1.65',
    'load    -1          0.37',
    '',
    '       se       p',
    'age   0.1  <0.001',
    'load  0.2    0.03',
  ]);
});

test('where the names take most of the width, every cell is a line', () => {
  expect(table.fitted(30)).toEqual([
    'age',
    '  coef          0.5',
    '  hazard ratio  1.65',
    '  se            0.1',
    '  p             <0.001',
    'defence: feature-squeezing',
    '  coef          -1',
    '  hazard ratio  0.37',
    '  se            0.2',
    '  p             0.03',
  ]);
});

test.each(Array.from({ length: 50 }, (_, i) => 20 + i))('nothing is lost or divided at %i columns', (columns) => {
  const lines = table.fitted(columns);
  for (const cell of ['0.5', '1.65', '<0.001', '-1', '0.37', '0.03', 'hazard', 'ratio'])
    expect(lines.some((line) => line.split(/\s+/).includes(cell))).toBe(true);
  // The longest word has 17 letters.
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
});

test('a line is divided between words only; a path stays whole', () => {
  expect(wrapped('  Features: core, float32-blendable, timestamp-query', 30)).toEqual([
    '  Features: core,',
    '    float32-blendable,',
    '    timestamp-query',
  ]);
  expect(wrapped('Report: /a/very/long/path/that/is/longer/than/the/terminal', 20)).toEqual([
    'Report:',
    '  /a/very/long/path/that/is/longer/than/the/terminal',
  ]);
  expect(wrapped('short', 20)).toEqual(['short']);
});

test('on a terminal lines are no wider than it; in a file or another program they are whole', () => {
  const piped = collectTerminal();
  printLines(piped.terminal, [table, 'a line that is longer than twenty columns']);
  expect(piped.texts.stdout).toBe(`${whole.join('\n')}\na line that is longer than twenty columns\n`);
  const { texts, terminal } = collectTerminal();
  printLines({ ...terminal, stdout: Object.assign(terminal.stdout, { columns: 30 }) }, [
    table,
    'a line that is longer than twenty columns',
  ]);
  const lines = texts.stdout.trimEnd().split('\n');
  expect(lines.length).toBe(12);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(30);
});
