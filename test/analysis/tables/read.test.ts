import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCsv } from '../../../src/analysis/tables/csv.ts';
import { columnOf } from '../../../src/analysis/tables/dataTable.ts';
import { readTable } from '../../../src/analysis/tables/read.node.ts';
import { InputError } from '../../../src/base/errors.ts';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-tables-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

const fixture = (name: string) => `test/fixtures/tables/${name}.parquet`;

test('Parquet values as pyarrow and Polars were given them (types.py): no identifier through a double', async () => {
  const table = await readTable(fixture('types'));
  const first = (name: string) => columnOf(table, name).slice(0, 3).map(String);
  expect(first('id')).toEqual(['1152921504606846976', '1152921504606846976', '1152921504606846977']);
  expect(first('unsigned')).toEqual(['18446744073709551615', '18446744073709551615', '18446744073709551614']);
  expect(first('decimal').slice(0, 2)).toEqual(['12345678901234567890.12', '-0.5']);
  expect(first('rate').slice(0, 2)).toEqual(['0.1', '0.2']);
  expect(first('far')[0]).toBe('+148108-07-06T14:00:27.387904Z');
  expect(first('when').slice(0, 2)).toEqual(['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.001Z']);
  const whole = await readTable(fixture('i128'));
  expect(columnOf(whole, 'a')).toEqual([String(2n ** 70n), '-5', '3']);
});

test('a Parquet column that cannot be used is named, and only when it is asked for', async () => {
  const table = await readTable(fixture('types'), { columns: ['time'] });
  expect(columnOf(table, 'time')[0]).toBe(1.5);
  expect(() => columnOf(table, 'lists')).toThrow('types.parquet: column "lists" is nested');
  const doubled = await readTable(fixture('doubled'));
  expect(columnOf(doubled, 'time')[0]).toBe(1.5);
  expect(() => columnOf(doubled, 'x')).toThrow('two columns are named "x"');
  writeFileSync(join(scratch, 'secret.parquet'), 'PARE and more');
  await expect(readTable(join(scratch, 'secret.parquet'))).rejects.toThrow('is encrypted Parquet');
});

test.each([
  ['pandas to_csv: an index without a name', ',t,e\n0,5,1\n1,7,0\n'],
  ['R write.csv', '"","t","e"\n"1",5,1\n"2",7,0\n'],
  ['R write.table', '"t" "e"\n"1" 5 1\n"2" 7 0\n'],
  ['R write.table, tabs', 't\te\n1\t5\t1\n2\t7\t0\n'],
  ['trailing commas', 't,e,\n5,1,\n7,0,\n'],
  ['trailing commas below the header only', 't,e\n5,1,\n7,0,\n'],
  ['doubled names', 't,e,x,x\n5,1,1,2\n7,0,3,4\n'],
  ['sep= of Excel', 'sep=;\nt;e\n5;1\n7;0\n'],
  ['a title', 'My table of times\nt,e\n5,1\n7,0\n'],
  ['a comment', '# made, by hand; today\nt,e\n5,1\n7,0\n'],
  ['bars', 't|e\n5|1\n7|0\n'],
  ['columns of blanks', '  t   e\n  5   1\n  7   0\n'],
  ['a header of Windows above rows of Unix', 't,e\r\n5,1\n7,0\n'],
])('reads %s', (_, text) => {
  const table = parseCsv(text, 'a.csv');
  expect(columnOf(table, 't').map(Number)).toEqual([5, 7]);
  expect(columnOf(table, 'e').map(Number)).toEqual([1, 0]);
});

test.each([
  ['utf-16le', [0xff, 0xfe], (text: string) => Buffer.from(text, 'utf16le')],
  ['utf-16be', [0xfe, 0xff], (text: string) => Buffer.from(text, 'utf16le').swap16()],
  ['latin1', [], (text: string) => Buffer.from(text, 'latin1')],
])('reads %s', async (name, mark, encode) => {
  const file = join(scratch, `${name}.csv`);
  writeFileSync(file, Buffer.concat([Buffer.from(mark), encode('t,größe\n5,ä\n')]));
  expect(columnOf(await readTable(file), 'größe')).toEqual(['ä']);
});

test('decimal commas are numbers where nothing else is meant, and lines keep their numbers', () => {
  expect(columnOf(parseCsv('t;x\n1;0,5\n2;1,25\n3;4\n', 'a.csv'), 'x')).toEqual(['0.5', '1.25', '4']);
  expect(columnOf(parseCsv('t;x\n1;1,234\n2;2,500\n', 'a.csv'), 'x')).toEqual(['1,234', '2,500']);
  expect(columnOf(parseCsv('t;x\n1;1,234\n', 'a.csv', 'comma'), 'x')).toEqual(['1.234']);
  expect(parseCsv('sep=,\n\nt,x\n1,2\n3,4\n', 'a.csv').lines).toEqual([4, 5]);
  expect(() => parseCsv('t,e\n1,1\n2\n', 'a.csv')).toThrow(InputError);
});
