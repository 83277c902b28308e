import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { carriedColumn } from '../../../src/analysis/tables/carriedColumn.ts';
import { type Sheet, sheetOf } from '../../../src/analysis/tables/sheet.ts';
import { sheetCsv } from '../../../src/analysis/tables/sheetCsv.ts';
import { sheetParquet } from '../../../src/analysis/tables/sheetParquet.ts';

const heading = { name: 'text', value: 'number', id: 'whole', hit: 'truth' } as const;

/** 2^53 + 1 and its neighbour, which are one double. */
const [near, next] = [9007199254740993n, 9007199254740992n];

const sheet = sheetOf(heading, [
  { name: 'a,b', value: 0.1, id: near, hit: true },
  { name: 'say "x"\n', value: Number.NaN, id: next, hit: false },
  { name: 'é 😀', value: Number.POSITIVE_INFINITY, id: -(2n ** 63n), hit: null },
  { name: null, value: -0.5, id: null, hit: true },
  { name: '', value: null, id: 7, hit: false },
]);

const text = (of: Sheet) => [...sheetCsv(of)].join('');

async function readBack(of: Sheet) {
  const bytes = sheetParquet(of);
  const file = bytes.slice().buffer;
  return { schema: parquetMetadata(file).schema, rows: await parquetReadObjects({ file }) };
}

describe('CSV', () => {
  test('RFC 4180: CRLF, doubled quotes, quoted commas and line breaks; what does not exist is empty', () => {
    expect(text(sheet)).toBe(
      [
        'name,value,id,hit',
        '"a,b",0.1,9007199254740993,1',
        '"say ""x""\n",,9007199254740992,0',
        'é 😀,,-9223372036854775808,',
        ',-0.5,,1',
        ',,7,0',
        '',
      ].join('\r\n'),
    );
  });

  test('no rows, the heading', () => {
    expect(text(sheetOf(heading, []))).toBe('name,value,id,hit\r\n');
  });

  test('comes in pieces that are whole lines', () => {
    const long = sheetOf(
      { i: 'whole' },
      Array.from({ length: 25_000 }, (_, i) => ({ i })),
    );
    const pieces = [...sheetCsv(long)];
    expect(pieces.length).toBe(4);
    for (const piece of pieces) expect(piece.endsWith('\r\n')).toBe(true);
    expect(pieces.join('').split('\r\n').slice(1, -1).map(Number)).toEqual(Array.from({ length: 25_000 }, (_, i) => i));
  });
});

describe('Parquet', () => {
  test('text, doubles, 64-bit whole numbers, truth and missing values come back as they were', async () => {
    const { rows } = await readBack(sheet);
    expect(rows).toEqual([
      { name: 'a,b', value: 0.1, id: near, hit: true },
      { name: 'say "x"\n', value: null, id: next, hit: false },
      { name: 'é 😀', value: null, id: -(2n ** 63n), hit: null },
      { name: null, value: -0.5, id: null, hit: true },
      { name: '', value: null, id: 7n, hit: false },
    ]);
  });

  test('no rows, and columns without a value, keep their types', async () => {
    const nothing = [{ name: null, value: null, id: null, hit: null }];
    for (const [of, rows] of [
      [sheetOf(heading, []), []],
      [sheetOf(heading, nothing), nothing],
    ] as const) {
      const back = await readBack(of);
      expect(back.rows).toEqual(rows);
      expect(back.schema.slice(1).map(({ name, type }) => [name, type])).toEqual([
        ['name', 'BYTE_ARRAY'],
        ['value', 'DOUBLE'],
        ['id', 'INT64'],
        ['hit', 'BOOLEAN'],
      ]);
    }
  });
});

describe('columns of a file that are written again', () => {
  test.each([
    ['whole numbers of a CSV file stay exact', ['9007199254740993', '', '-5'], false, 'whole', [near, null, -5n]],
    ['so do those of a Parquet file, which are text beyond a double', [5, String(near)], true, 'whole', [5n, near]],
    ['numbers', ['0.5', '1e3', 'NA', '2'], false, 'number', [0.5, 1000, null, 2]],
    ['leading zeros belong to an identifier', ['007', '8'], false, 'text', ['007', '8']],
    ['a number beyond 64 bits', ['9223372036854775808', '1'], false, 'text', ['9223372036854775808', '1']],
    ['one among fractions', ['0.5', '9007199254740993'], false, 'text', ['0.5', '9007199254740993']],
    ['text of digits in a Parquet file', ['12', '13'], true, 'text', ['12', '13']],
    ['words', ['a', 'NA', 'none', ''], false, 'text', ['a', null, 'none', null]],
    ['truth', [true, null, false], true, 'truth', [true, null, false]],
    ['nothing', [null, null], true, 'text', [null, null]],
  ] as const)('%s', (_, cells, hasTypes, type, written) => {
    expect(carriedColumn('c', cells, hasTypes)).toEqual({ name: 'c', type, cells: written });
  });
});
