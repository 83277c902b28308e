import { expect, test } from 'vitest';
import { parseParquet } from '../../../src/analysis/tables/parquet.ts';
import { checkRows } from '../../../src/analysis/tables/parquetPages.ts';
import { sheetOf } from '../../../src/analysis/tables/sheet.ts';
import { sheetParquet } from '../../../src/analysis/tables/sheetParquet.ts';

/** Two values, then eighteen that are missing. */
const mostlyMissing = sheetParquet(
  sheetOf(
    { time: 'number' },
    Array.from({ length: 20 }, (_, row) => ({ time: row < 2 ? row : null })),
  ),
);

// Parquet's "Run Length Encoding / Bit-Packing Hybrid": eight packed levels (1 << 1 | 1), of them two
// present, then a run of twelve (12 << 1) of 0.
const LEVELS = [3, 3, 24, 0];

const rowsOf = (count: bigint, ...groups: readonly bigint[]) => ({
  ...{ version: 2, schema: [], metadata_length: 0, num_rows: count },
  row_groups: groups.map((rows) => ({ columns: [], total_byte_size: 0n, num_rows: rows })),
});

test('rows are bounded by the bytes of the file, and are those of its groups', () => {
  expect(() => checkRows(rowsOf(4n, 1n, 3n), 500)).not.toThrow();
  expect(() => checkRows(rowsOf(2n ** 20n, 2n ** 20n), 500)).not.toThrow();
  expect(() => checkRows(rowsOf(2n ** 31n, 2n ** 31n), 500)).toThrow(
    '2147483648 rows are announced; a file of 500 bytes has at most 1048576',
  );
  expect(() => checkRows(rowsOf(-1n), 500)).toThrow('-1 rows are announced');
  expect(() => checkRows(rowsOf(4n, 5n), 500)).toThrow('its groups have other rows than the 4 that are announced');
  expect(() => checkRows(rowsOf(4n, 5n, -1n), 500)).toThrow('its groups have other rows');
});

test('a run of more values than its page has is refused, and named with its column', async () => {
  expect((await parseParquet(mostlyMissing, 'a.parquet')).columns.get('time')?.slice(0, 3)).toEqual([0, 1, null]);
  const at = mostlyMissing.findIndex((_, i) => LEVELS.every((byte, k) => mostlyMissing[i + k] === byte));
  const longer = mostlyMissing.with(at + 2, 21 << 1);
  const { unusable } = await parseParquet(longer, 'a.parquet');
  expect(unusable?.get('time')).toBe('column "time" cannot be read: a run of 21 values in a page of 20');
});
