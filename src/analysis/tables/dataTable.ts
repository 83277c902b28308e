import { InputError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';

/** A cell as it stands in a file; null where it is missing. */
export type Cell = string | number | boolean | null;

/** A table with named columns, as read from a file. */
export interface DataTable {
  /** What it was read from, for messages. */
  readonly file: string;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, readonly Cell[]>;
  /** Columns of the file that cannot be used, with the reason; only a column that is asked for matters. */
  readonly unusable?: ReadonlyMap<string, string>;
  /** Line of the file on which each row ends; null where a file has no lines. */
  readonly lines: readonly number[] | null;
}

/** What stands for no value in a column of numbers; in a column of words these may be words, except the empty cell and NA. */
const MISSING_NUMBERS = new Set(['', 'na', 'n/a', 'nan', 'null']);

const isNothing = (cell: Cell) => cell === null || (typeof cell === 'number' && Number.isNaN(cell)) || cell === '';

/** Whether a cell of a column of numbers holds no value: empty, NA, NaN, N/A, null, in any case. */
export function isMissingNumber(cell: Cell): boolean {
  return isNothing(cell) || (typeof cell === 'string' && MISSING_NUMBERS.has(cell.toLowerCase()));
}

/** Whether a cell of a column of words holds no value: empty or NA, as in R's `read.csv`. `none` is a word. */
export function isMissingWord(cell: Cell): boolean {
  return isNothing(cell) || cell === 'NA';
}

/** Whether all that a column holds are numbers, true, false and what stands for a missing number. */
export function isNumeric(cells: readonly Cell[]): boolean {
  return cells.every((cell) => isMissingNumber(cell) || numberOf(cell) !== null);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITE = /^\+?inf(inity)?$/i;

/** A cell as a number, true and false as 1 and 0; null where it is something else. */
export function numberOf(cell: Cell): number | null {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  if (cell === null) return null;
  if (NUMBER.test(cell)) return Number(cell);
  if (INFINITE.test(cell)) return Infinity;
  const word = cell.toLowerCase();
  return word === 'true' ? 1 : word === 'false' ? 0 : null;
}

/** The cells of a column. @throws InputError naming the nearest column where there is none of this name. */
export function columnOf(table: DataTable, name: string): readonly Cell[] {
  const cells = table.columns.get(name);
  const reason = table.unusable?.get(name);
  if (reason !== undefined) throw new InputError(`${table.file}: ${reason}`);
  if (cells !== undefined) return cells;
  const names = [...table.columns.keys()];
  throw new InputError(
    `${table.file} has no column "${name}" (did you mean "${nearest(name, names)}"?); it has: ${names.join(', ')}`,
  );
}

/** A mistake in one cell, with its place; `row` counts from 0. */
export function cellMistake(table: DataTable, column: string, row: number, cell: Cell, right: string): InputError {
  const line = table.lines === null ? '' : ` (line ${table.lines[row]})`;
  return new InputError(
    `${table.file}: column "${column}", row ${row + 1}${line}: ${JSON.stringify(cell)} should be ${right}`,
  );
}
