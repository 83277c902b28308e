import { CsvError, parse } from 'csv-parse/sync';
import { InputError } from '../../engine/errors.ts';
import type { Cell, DataTable } from './dataTable.ts';

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** The separator that the first line has most of: comma, semicolon or tab. */
function separatorOf(text: string): string {
  const [first] = text.split('\n', 1);
  const count = (separator: string) => first.split(separator).length;
  return [',', ';', '\t'].reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best));
}

/**
 * A CSV table (RFC 4180) with a header line; separated by commas, semicolons or tabs.
 * @throws InputError with the line of the first mistake
 */
export function parseCsv(text: string, file: string): DataTable {
  let records: readonly CsvRecord[];
  try {
    records = parse(text, {
      bom: true,
      info: true,
      trim: true,
      skip_empty_lines: true,
      delimiter: separatorOf(text),
    }) as unknown as CsvRecord[];
  } catch (error) {
    if (error instanceof CsvError)
      throw new InputError(`${file} is not a CSV table: ${error.message.replace(/\s+/g, ' ')}`);
    throw error;
  }
  if (records.length === 0) throw new InputError(`${file} is empty; a header line and at least one row are needed`);
  const [{ record: names }, ...rows] = records;
  if (rows.length === 0) throw new InputError(`${file} has no rows below its header; at least one is needed`);
  const columns = new Map<string, Cell[]>();
  names.forEach((name, j) => {
    if (name === '') throw new InputError(`${file}: column ${j + 1} has no name in the header line`);
    if (columns.has(name)) throw new InputError(`${file}: two columns are named "${name}"`);
    columns.set(
      name,
      rows.map(({ record }) => record[j]),
    );
  });
  return { file, rows: rows.length, columns, lines: rows.map(({ info }) => info.lines) };
}
