import { CsvError, parse } from 'csv-parse/sync';
import { InputError } from '../../base/errors.ts';
import { type Cell, type DataTable, isMissingNumber, numberOf } from './dataTable.ts';

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

const SEPARATORS = [',', ';', '\t', '|'] as const;

/** How many cells a line has, separators within quotes aside. */
function cellsOf(line: string, separator: string): number {
  return line.replace(/"(?:[^"]|"")*"/g, '').split(separator).length;
}

/** The separator that a line has most of: comma, semicolon, tab or bar; blanks where it has none of these, as R's `write.table`. */
function separatorOf(line: string): string {
  const best = SEPARATORS.reduce<string>((so, other) => (cellsOf(line, other) > cellsOf(line, so) ? other : so), ',');
  return cellsOf(line, best) === 1 && cellsOf(line.trim(), ' ') > 1 ? ' ' : best;
}

/**
 * What stands before the header is emptied, line by line, so that lines keep their numbers: `sep=;` (Excel), lines that begin with #,
 * and lines of one cell (a title) where the next lines have several.
 */
function withoutPreamble(text: string): { readonly text: string; readonly separator: string } {
  const lines = text.split(/\r\n|\n|\r/);
  const filled = lines.flatMap((line, index) => (line.trim() === '' || line.startsWith('#') ? [] : [index]));
  const declared = /^"?sep=(.)"?$/i.exec(lines[filled[0]]?.trim() ?? '')?.[1];
  let header = declared === undefined ? 0 : 1;
  const widest = filled
    .slice(header, header + 20)
    .map((index) => ({ separator: separatorOf(lines[index]) }))
    .find(
      ({ separator }) => separator !== ' ' && filled.slice(header + 1).some((at) => cellsOf(lines[at], separator) > 1),
    );
  const separator = declared ?? widest?.separator ?? separatorOf(lines[filled[header]] ?? '');
  const cells = (index: number) => cellsOf(lines[filled[index]], separator);
  while (header + 2 < filled.length && cells(header) === 1 && cells(header + 1) > 1 && separator !== ' ') header++;
  const first = filled[header] ?? 0;
  const kept = lines.map((line, index) => (index < first ? '' : line)).join('\n');
  if (separator !== ' ') return { text: kept, separator };
  // Columns of blanks: a run of them separates once.
  return {
    text: kept.replace(/("(?:[^"]|"")*")| +/g, (_, quoted?: string) => quoted ?? ' ').replace(/^ | $/gm, ''),
    separator,
  };
}

/**
 * A CSV table (RFC 4180) with a header line; separated by commas, semicolons, tabs, bars or blanks. A column without a name, or with
 * the name of another, is an error only where it is asked for. A header that is one cell shorter than the rows has no name for the
 * first (R's `write.table`).
 * @param decimal the decimal mark; where it is left out and commas do not separate, a column of numbers with one comma each
 *   (`0,5`) has decimal commas, unless all of them could also be thousands (`1,234`)
 * @throws InputError with the line of the first mistake
 */
export function parseCsv(text: string, file: string, decimal?: 'point' | 'comma'): DataTable {
  const plain = withoutPreamble(text.replace(/^\ufeff/, ''));
  let records: readonly CsvRecord[];
  try {
    records = parse(plain.text, {
      info: true,
      trim: plain.separator !== ' ',
      skip_empty_lines: true,
      relax_column_count: true,
      delimiter: plain.separator,
    }) as unknown as CsvRecord[];
  } catch (error) {
    if (error instanceof CsvError)
      throw new InputError(`${file} is not a CSV table: ${error.message.replace(/\s+/g, ' ')}`);
    throw error;
  }
  if (records.length === 0) throw new InputError(`${file} is empty; a header line and at least one row are needed`);
  const [{ record: header }, ...rows] = records;
  if (rows.length === 0) throw new InputError(`${file} has no rows below its header; at least one is needed`);
  const last = header.length;
  const named =
    rows.some(({ record }) => record.length !== last + 1) || rows.every(({ record }) => record[last] === '');
  const names = named ? header : ['', ...header];
  const ragged = rows.find(
    ({ record }) => record.length < names.length || record.slice(names.length).some((cell) => cell !== ''),
  );
  if (ragged !== undefined)
    throw new InputError(
      `${file} is not a CSV table: ${ragged.record.length} cells where the header has ${names.length}, on line ${ragged.info.lines}`,
    );
  const columns = new Map<string, readonly Cell[]>();
  const unusable = new Map<string, string>();
  names.forEach((name, j) => {
    if (name === '') return;
    if (columns.has(name)) unusable.set(name, `two columns are named "${name}"`);
    const cells = rows.map(({ record }) => record[j]);
    columns.set(name, withDecimalPoints(cells, plain.separator, decimal));
  });
  return { file, rows: rows.length, columns, unusable, lines: rows.map(({ info }) => info.lines) };
}

const WITH_COMMA = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i;
/** `1,234` may be a little more than one, or more than a thousand; `0,123` is the former. */
const AMBIGUOUS = /^[+-]?[1-9]\d{0,2},\d{3}$/;

function withDecimalPoints(
  cells: readonly string[],
  separator: string,
  decimal?: 'point' | 'comma',
): readonly string[] {
  if (decimal === 'point' || (decimal === undefined && separator === ',')) return cells;
  const marked = cells.filter((cell) => cell.includes(','));
  if (
    marked.length === 0 ||
    !cells.every((cell) => isMissingNumber(cell) || WITH_COMMA.test(cell) || numberOf(cell) !== null)
  )
    return cells;
  if (decimal === undefined && marked.every((cell) => AMBIGUOUS.test(cell))) return cells;
  return cells.map((cell) => cell.replace(',', '.'));
}
