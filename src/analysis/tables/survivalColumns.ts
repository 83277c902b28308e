import { InputError } from '../../engine/errors.ts';
import { dummyColumns, type SurvivalTable, survivalTable } from '../survival/index.ts';
import { type Cell, cellMistake, columnOf, type DataTable, isMissing, numberOf } from './dataTable.ts';

/** Which columns of a table mean what. */
export interface ColumnChoice {
  readonly time: string;
  /** All rows failed when left out. */
  readonly event?: string;
  /** Interval censoring: the failure lies in (time, upper]; an empty cell or "inf" is right-censored. */
  readonly upper?: string;
  readonly entry?: string;
  readonly weight?: string;
  readonly cluster?: string;
  readonly strata?: readonly string[];
  readonly group?: string;
  readonly covariates: readonly string[];
  /** Columns of numbers that are to be taken as categories. */
  readonly categorical?: readonly string[];
  /** Reference levels of categorical columns, by column. */
  readonly references?: Readonly<Record<string, string>>;
}

/** A survival table made of a file's columns. */
export interface ChosenColumns {
  readonly table: SurvivalTable;
  /** Names of the covariates as the table has them: a categorical column has one for each level but the reference. */
  readonly covariates: readonly string[];
  /** The level that each categorical column is compared with. */
  readonly references: Readonly<Record<string, string>>;
  readonly strata: readonly string[] | null;
  readonly groups: readonly string[] | null;
  /** Rows left out because a value that is needed is missing. */
  readonly dropped: number;
}

/**
 * Makes a survival table of the columns of a file; rows that miss a value are left out and counted.
 * @throws InputError naming column, row and line of the first mistake
 */
export function chooseColumns(data: DataTable, choice: ColumnChoice): ChosenColumns {
  requireDistinct(choice);
  const { time, event, upper, entry, weight, cluster, group, covariates, strata = [] } = choice;
  const needed = [time, event, entry, weight, cluster, group, ...covariates, ...strata].filter(
    (name) => name !== undefined,
  );
  const cells = needed.map((name) => columnOf(data, name));
  const rows: number[] = [];
  for (let row = 0; row < data.rows; row++) if (!cells.some((column) => isMissing(column[row]))) rows.push(row);
  if (rows.length === 0) {
    throw new InputError(`${data.file}: every row misses a value in one of the columns ${needed.join(', ')}`);
  }
  const texts = (name: string) => rows.map((row) => String(columnOf(data, name)[row]));
  const from = (name: string | undefined, right: string, accept: (value: number) => boolean) =>
    name === undefined ? undefined : numbers(data, name, rows, right, accept);
  const coded = covariates.map((name) => codeCovariate(data, name, rows, choice));
  for (const name of Object.keys(choice.references ?? {})) {
    if (!covariates.includes(name))
      throw new InputError(`reference level of "${name}": it is not among the covariates`);
  }
  const table = survivalTable({
    ...(upper === undefined
      ? {
          durations: from(time, 'a positive time', positive),
          events: event === undefined ? undefined : eventsOf(data, event, rows),
        }
      : bounds(data, time, upper, rows)),
    entry: from(entry, 'a time of 0 or more', (value) => value >= 0 && value < Infinity),
    weights: from(weight, 'a positive frequency (leave the row out)', positive),
    clusters: cluster === undefined ? undefined : texts(cluster),
    covariates: Object.assign({}, ...coded.map(({ columns }) => columns)),
  });
  return {
    table,
    covariates: Object.keys(table.covariates),
    references: Object.fromEntries(
      coded.flatMap(({ name, reference }) => (reference === null ? [] : [[name, reference]])),
    ),
    strata:
      strata.length === 0
        ? null
        : rows.map((row) => strata.map((name) => `${name}=${columnOf(data, name)[row]}`).join(', ')),
    groups: group === undefined ? null : texts(group),
    dropped: data.rows - rows.length,
  };
}

const positive = (value: number) => value > 0 && value < Infinity;

function requireDistinct({ time, event, upper, covariates, strata = [] }: ColumnChoice): void {
  if (event !== undefined && upper !== undefined) {
    throw new InputError(
      'give either an event column or an upper bound: an upper bound says itself whether the failure was seen',
    );
  }
  const seen = new Set<string>();
  for (const name of [time, event, upper, ...covariates, ...strata]) {
    if (name === undefined) continue;
    if (seen.has(name))
      throw new InputError(`column "${name}" is used twice (as time, event, upper bound, covariate or stratum)`);
    seen.add(name);
  }
}

function numbers(
  data: DataTable,
  name: string,
  rows: readonly number[],
  right: string,
  accept: (value: number) => boolean,
): Float64Array {
  const cells = columnOf(data, name);
  return Float64Array.from(rows, (row) => {
    const value = numberOf(cells[row]);
    if (value === null || !accept(value)) throw cellMistake(data, name, row, cells[row], right);
    return value;
  });
}

/** 0 or false: not seen to fail; 1, true or any count above 0: failed. */
function eventsOf(data: DataTable, name: string, rows: readonly number[]): Float64Array {
  const right = '0 or false (censored), 1 or true (failed), or a count of failures';
  return numbers(data, name, rows, right, (value) => Number.isInteger(value) && value >= 0).map((value) =>
    Math.min(value, 1),
  );
}

function bounds(data: DataTable, time: string, upper: string, rows: readonly number[]) {
  const lower = numbers(data, time, rows, 'a time of 0 or more', (value) => value >= 0 && value < Infinity);
  const cells = columnOf(data, upper);
  const ends = Float64Array.from(rows, (row, i) => {
    const value = isMissing(cells[row]) ? Infinity : numberOf(cells[row]);
    const right = `a time from ${lower[i]} on, or empty where the failure was not seen`;
    if (value === null || value < lower[i] || value === 0) throw cellMistake(data, upper, row, cells[row], right);
    if (lower[i] === 0 && value === Infinity)
      throw cellMistake(data, upper, row, cells[row], 'finite where the time is 0');
    return value;
  });
  return { lower, upper: ends };
}

interface CodedCovariate {
  readonly name: string;
  readonly columns: Readonly<Record<string, ArrayLike<number>>>;
  readonly reference: string | null;
}

/** Numbers stay; words become dummy columns; a column with some of both is a mistake in one of its cells. */
function codeCovariate(data: DataTable, name: string, rows: readonly number[], choice: ColumnChoice): CodedCovariate {
  const cells = columnOf(data, name);
  const wanted = choice.references?.[name];
  const isNumeric = (cell: Cell) => numberOf(cell) !== null;
  const asked = wanted !== undefined || choice.categorical?.includes(name) === true;
  if (!asked && rows.some((row) => isNumeric(cells[row]))) {
    const right = `a finite number, as others of this column are (for categories: --categorical ${name})`;
    return { name, columns: { [name]: numbers(data, name, rows, right, Number.isFinite) }, reference: null };
  }
  const levels = rows.map((row) => String(cells[row]));
  return {
    name,
    columns: dummyColumns(name, levels, wanted),
    reference: wanted ?? levels.reduce((first, level) => (level < first ? level : first)),
  };
}
