import { InputError } from '../../base/errors.ts';
import { entersTooLate, type SurvivalColumns, type SurvivalTable, survivalTable } from '../survival/index.ts';
import { type CodedColumn, type Coding, codeLevels, codeNumbers, withDistinctNames } from './coding.ts';
import {
  type Cell,
  cellMistake,
  columnOf,
  type DataTable,
  isMissingNumber,
  isMissingWord,
  isNumeric,
  numberOf,
} from './dataTable.ts';
import { type EventChoice, eventsOf } from './events.ts';

/** Which columns of a table mean what. */
export interface ColumnChoice {
  readonly time: string;
  /** All rows failed when left out. */
  readonly event?: EventChoice;
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
  /** Texts that stand for no value, besides those of every table. */
  readonly missing?: readonly string[];
}

/** The columns that a choice needs, each once. */
export function columnsOf(choice: ColumnChoice): string[] {
  const { time, event, upper, entry, weight, cluster, group, covariates, strata = [] } = choice;
  const all = [time, event?.column, upper, entry, weight, cluster, group, ...covariates, ...strata];
  return [...new Set(all.filter((name) => name !== undefined))];
}

/** A survival table made of a file's columns. */
export interface ChosenColumns {
  readonly table: SurvivalTable;
  /** How each column of covariates entered the table. */
  readonly codings: ReadonlyMap<string, Coding>;
  readonly strata: readonly string[] | null;
  readonly groups: readonly string[] | null;
  /** The rows of the file that are used, from 0. */
  readonly rows: readonly number[];
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
  const isMissing = new Map(columnsOf(choice).map((name) => [name, missingIn(data, name, choice)]));
  const needed = columnsOf(choice).filter((name) => name !== upper);
  const cells = needed.map((name) => [columnOf(data, name), isMissing.get(name)!] as const);
  const rows: number[] = [];
  for (let row = 0; row < data.rows; row++)
    if (!cells.some(([column, missing]) => missing(column[row]))) rows.push(row);
  if (rows.length === 0) {
    throw new InputError(`${data.file}: every row misses a value in one of the columns ${needed.join(', ')}`);
  }
  for (const name of [
    ...strata,
    ...(group === undefined ? [] : [group]),
    ...covariates.filter((one) => isCoded(data, one, choice)),
  ])
    requireEveryLevel(data, name, rows, isMissing.get(name)!);
  const texts = (name: string) => rows.map((row) => String(columnOf(data, name)[row]));
  const from = (name: string | undefined, right: string, accept: (value: number) => boolean) =>
    name === undefined ? undefined : numbers(data, name, rows, right, accept);
  const coded = withDistinctNames(
    covariates.map((name) => codeCovariate(data, name, rows, choice)),
    data.file,
  );
  for (const name of Object.keys(choice.references ?? {})) {
    if (!covariates.includes(name))
      throw new InputError(`reference level of "${name}": it is not among the covariates`);
  }
  const observed =
    upper === undefined
      ? {
          durations: numbers(data, time, rows, 'a time of 0 or more', nonNegative),
          events: event === undefined ? undefined : eventsOf(data, event, rows),
        }
      : bounds(data, time, upper, rows, isMissing.get(upper)!);
  const table = survivalTable({
    ...observed,
    entry: entry === undefined ? undefined : entries(data, entry, rows, observed),
    weights: from(weight, 'a positive frequency (leave the row out)', positive),
    clusters: cluster === undefined ? undefined : texts(cluster),
    covariates: Object.assign({}, ...coded.map((column) => column.covariates)),
  });
  return {
    table,
    codings: new Map(coded.map(({ name, coding }) => [name, coding])),
    strata: strata.length === 0 ? null : rows.map((row) => stratumOf(data, strata, row)),
    groups: group === undefined ? null : texts(group),
    rows,
    dropped: data.rows - rows.length,
  };
}

/** The stratum of a row: the values of some columns, by name. */
export function stratumOf(data: DataTable, columns: readonly string[], row: number): string {
  return columns.map((name) => `${name}=${columnOf(data, name)[row]}`).join(', ');
}

const nonNegative = (value: number) => value >= 0 && value < Infinity;
const positive = (value: number) => value > 0 && value < Infinity;

function requireDistinct({ time, event, upper, covariates, strata = [] }: ColumnChoice): void {
  if (event !== undefined && upper !== undefined) {
    throw new InputError(
      'give either an event column or an upper bound: an upper bound says itself whether the failure was seen',
    );
  }
  const seen = new Set<string>();
  for (const name of [time, event?.column, upper, ...covariates, ...strata]) {
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

/** Which cells of a column hold no value: by what the column holds and is used for, and by what the user says. */
export function missingIn(
  data: DataTable,
  name: string,
  { missing = [] }: Pick<ColumnChoice, 'missing'>,
): (cell: Cell) => boolean {
  const also = new Set(missing);
  const said = (cell: Cell) => typeof cell === 'string' && also.has(cell);
  const rest = columnOf(data, name).filter((cell) => !said(cell));
  const usual = isNumeric(rest) ? isMissingNumber : isMissingWord;
  return (cell) => said(cell) || usual(cell);
}

/** A level whose rows all miss some other value would vanish without a word, and with it what others are compared with. */
function requireEveryLevel(
  data: DataTable,
  name: string,
  rows: readonly number[],
  isMissing: (cell: Cell) => boolean,
): void {
  const cells = columnOf(data, name);
  const left = new Set(rows.map((row) => String(cells[row])));
  const gone = new Set(cells.filter((cell) => !isMissing(cell) && !left.has(String(cell))).map(String));
  if (gone.size === 0) return;
  const shown = [...gone]
    .slice(0, 3)
    .map((level) => `"${level}"`)
    .join(', ');
  throw new InputError(
    `${data.file}: column "${name}": all rows of ${gone.size === 1 ? 'level' : `${gone.size} levels, first`} ${shown} miss a value in another column that is used; leave that column or these rows out`,
  );
}

function bounds(
  data: DataTable,
  time: string,
  upper: string,
  rows: readonly number[],
  isMissing: (cell: Cell) => boolean,
) {
  const lower = numbers(data, time, rows, 'a time of 0 or more', nonNegative);
  const cells = columnOf(data, upper);
  const ends = Float64Array.from(rows, (row, i) => {
    const value = isMissing(cells[row]) ? Infinity : numberOf(cells[row]);
    const right = `a time from ${lower[i]} on, or empty where the failure was not seen`;
    if (value === null || !(value >= lower[i])) throw cellMistake(data, upper, row, cells[row], right);
    return value;
  });
  return { lower, upper: ends };
}

/** Times from which rows were observed. Checked here as well as in the table, which does not know the rows of the file. */
function entries(
  data: DataTable,
  entry: string,
  rows: readonly number[],
  { durations, lower = durations, upper }: SurvivalColumns,
): Float64Array {
  const from = numbers(data, entry, rows, 'a time of 0 or more', nonNegative);
  rows.forEach((row, i) => {
    const end = Number(lower![i]);
    if (!entersTooLate(from[i], end, upper?.[i] ?? Infinity)) return;
    throw cellMistake(
      data,
      entry,
      row,
      columnOf(data, entry)[row],
      `a time before the row's failure or censoring at ${end}`,
    );
  });
  return from;
}

/** A covariate that becomes dummy columns: one of words, or one that is said to be categorical. */
function isCoded(data: DataTable, name: string, { references, categorical, missing = [] }: ColumnChoice): boolean {
  if (references?.[name] !== undefined || categorical?.includes(name) === true) return true;
  return !columnOf(data, name).some((cell) => !missing.includes(String(cell)) && isNumber(cell));
}

const isNumber = (cell: Cell) => cell !== null && !Number.isNaN(numberOf(cell) ?? Number.NaN);

/** A number as people write it: `0,5`, `1,234`, `45 %`, `1'000`. */
const WRITTEN_NUMBER = /^[+-]?\d[\d.,' ]*%?$/;

/** Numbers stay; words become dummy columns; a column with some of both is a mistake in one of its cells. */
function codeCovariate(data: DataTable, name: string, rows: readonly number[], choice: ColumnChoice): CodedColumn {
  const cells = columnOf(data, name);
  const wanted = choice.references?.[name];
  if (!isCoded(data, name, choice)) {
    const right = `a finite number, as others of this column are (for categories: --categorical ${name}; for a missing value: --missing)`;
    return codeNumbers(name, numbers(data, name, rows, right, Number.isFinite));
  }
  const levels = rows.map((row) => String(cells[row]));
  if (wanted === undefined && choice.categorical?.includes(name) !== true) requireWords(data, name, rows, levels);
  return codeLevels(name, levels, wanted);
}

/** More levels than this are no categories where rows are hardly more. */
const MOST_LEVELS = 10;

function requireWords(data: DataTable, name: string, rows: readonly number[], levels: readonly string[]): void {
  const written = levels.findIndex((level) => WRITTEN_NUMBER.test(level));
  if (written >= 0 && levels.every((level) => WRITTEN_NUMBER.test(level))) {
    const right = `a number with a decimal point and nothing else (decimal commas: --decimal comma; for categories: --categorical ${name})`;
    throw cellMistake(data, name, rows[written], levels[written], right);
  }
  const distinct = new Set(levels).size;
  if (distinct > Math.max(MOST_LEVELS, levels.length / 2)) {
    throw new InputError(
      `${data.file}: column "${name}" has ${distinct} different words in ${levels.length} rows: that is no category (if it is: --categorical ${name})`,
    );
  }
}
