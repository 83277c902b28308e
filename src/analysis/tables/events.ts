import { InputError } from '../../base/errors.ts';
import { type Cell, cellMistake, columnOf, type DataTable, numberOf } from './dataTable.ts';

/** The column that tells whether the failure was seen, and how. */
export interface EventChoice {
  readonly column: string;
  /** The value that means failure, every other means censored; without it the column holds 0 and 1, or false and true. */
  readonly value?: string;
  /** The column counts failures: any number above 0 is one. */
  readonly counts?: boolean;
}

/**
 * 1 where the failure was seen, 0 where it was not, for the rows that are used.
 * @throws InputError values that do not say by themselves which is the failure (1 and 2 in R's `lung`; three values; words)
 */
export function eventsOf(data: DataTable, choice: EventChoice, rows: readonly number[]): Float64Array {
  const { column, value, counts } = choice;
  const cells = columnOf(data, column);
  if (value !== undefined) {
    const wanted = numberOf(value);
    const isFailure = (cell: Cell) => String(cell) === value || (wanted !== null && numberOf(cell) === wanted);
    if (!rows.some((row) => isFailure(cells[row]))) {
      throw new InputError(`${data.file}: column "${column}" never is "${value}"; it has: ${shown(cells, rows)}`);
    }
    return Float64Array.from(rows, (row) => Number(isFailure(cells[row])));
  }
  const right = '0 or false (censored), 1 or true (failed)';
  const accepts = (cell: Cell) => {
    const number = numberOf(cell);
    return number !== null && (counts ? Number.isInteger(number) && number >= 0 : number === 0 || number === 1);
  };
  const wrong = rows.find((row) => !accepts(cells[row]));
  if (wrong === undefined) return Float64Array.from(rows, (row) => Math.min(numberOf(cells[row])!, 1));
  if (counts) throw cellMistake(data, column, wrong, cells[wrong], 'a count of failures: a whole number of 0 or more');
  const numeric = rows.every((row) => numberOf(cells[row]) !== null);
  if (!numeric && rows.some((row) => accepts(cells[row]))) {
    throw cellMistake(data, column, wrong, cells[wrong], `${right}; or name the failure: --event "${column}=VALUE"`);
  }
  const last = [...new Set(rows.map((row) => String(cells[row])))].sort().at(-1);
  const count = numeric ? `, or, where it counts failures, --event "${column}>0"` : '';
  throw new InputError(
    `${data.file}: column "${column}" has the values ${shown(cells, rows)}, not ${right}: say which is the failure, such as --event "${column}=${last}"${count}`,
  );
}

function shown(cells: readonly Cell[], rows: readonly number[]): string {
  const values = [...new Set(rows.map((row) => String(cells[row])))].sort();
  return values.length <= 5 ? values.join(', ') : `${values.slice(0, 3).join(', ')} and ${values.length - 3} more`;
}
