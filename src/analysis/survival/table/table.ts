import { InputError } from '../../../base/errors.ts';

/**
 * What a table is made from. All columns have one entry per row; a row may stand for many samples through its weight. A
 * Float64Array becomes part of the table as it is, not copied: it must not change afterwards.
 */
export interface SurvivalColumns {
  /** Time to failure, or to the end of observation; 0 or more, any unit. Leave out when `lower` and `upper` are given. */
  readonly durations?: ArrayLike<number>;
  /** 1 or true: the failure was seen; 0 or false: right-censored. All failures when left out. */
  readonly events?: ArrayLike<number | boolean>;
  /** The failure lies in (lower, upper]: equal bounds are an exact time, lower 0 is left-, upper Infinity right-censored. */
  readonly lower?: ArrayLike<number>;
  readonly upper?: ArrayLike<number>;
  /** Delayed entry (left truncation): the row is known only because it had not failed by then. 0 when left out. */
  readonly entry?: ArrayLike<number>;
  /** Frequency weights: a row of weight 3 means three equal rows. 1 when left out. */
  readonly weights?: ArrayLike<number>;
  /** Rows of one cluster (one sample attacked at several strengths) are not independent. */
  readonly clusters?: ArrayLike<number | string>;
  readonly covariates?: Readonly<Record<string, ArrayLike<number | boolean>>>;
}

/** A checked survival table, by columns. */
export interface SurvivalTable {
  readonly rows: number;
  /** Exact times have lower = upper; right-censored rows have upper = Infinity; left-censored rows have lower = 0 < upper. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly entry: Float64Array;
  readonly weights: Float64Array;
  /** Cluster number of each row, from 0; null where every unit of weight is independent. */
  readonly clusters: Int32Array | null;
  readonly covariates: Readonly<Record<string, Float64Array>>;
}

/**
 * Checks columns and makes a table of them.
 * @throws InputError naming the column and the row (counted from 1) of the first mistake.
 */
export function survivalTable(columns: SurvivalColumns): SurvivalTable {
  const { lower, upper } = bounds(columns);
  const rows = lower.length;
  if (rows === 0) throw new InputError('survival table: no rows; at least one is needed');
  const entry = column('entry', columns.entry, rows, 0, 0, 'a time of 0 or more');
  const weights = column(
    'weights',
    columns.weights,
    rows,
    1,
    Number.MIN_VALUE,
    'a positive frequency (leave the row out)',
  );
  for (let i = 0; columns.entry !== undefined && i < rows; i++) {
    if (entersTooLate(entry[i], lower[i], upper[i])) {
      throw mistake('entry', i, entry[i], `a time before the row's failure or censoring at ${lower[i]}`);
    }
  }
  const covariates: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(columns.covariates ?? {})) {
    covariates[name] = column(name, values, rows, 0, -Number.MAX_VALUE, 'a finite number');
  }
  return { rows, lower, upper, entry, weights, clusters: clusterNumbers(columns.clusters, rows), covariates };
}

/** A row that was observed only from a time on at which it had failed or was censored already; one from 0 on never does. */
export function entersTooLate(entry: number, lower: number, upper: number): boolean {
  const known = lower === upper || upper === Infinity;
  return entry > 0 && (known ? entry >= lower : entry > lower);
}

function bounds(columns: SurvivalColumns): { lower: Float64Array; upper: Float64Array } {
  const { durations, events } = columns;
  if (durations === undefined) {
    if (columns.lower === undefined || columns.upper === undefined) {
      throw new InputError('survival table: give either durations (with events) or both lower and upper');
    }
    const rows = columns.lower.length;
    const lower = column('lower', columns.lower, rows, 0, 0, 'a time of 0 or more');
    checkLength('upper', columns.upper, rows);
    const upper = Float64Array.from(columns.upper);
    for (let i = 0; i < rows; i++) {
      if (!(upper[i] >= lower[i])) throw mistake('upper', i, upper[i], `a time from ${lower[i]} on`);
    }
    return { lower, upper };
  }
  if (columns.lower !== undefined || columns.upper !== undefined) {
    throw new InputError('survival table: durations and lower/upper exclude each other');
  }
  const rows = durations.length;
  const lower = column('durations', durations, rows, 0, 0, 'a time of 0 or more');
  if (events === undefined) return { lower, upper: lower };
  checkLength('events', events, rows);
  const upper = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const event = Number(events[i]);
    if (event !== 0 && event !== 1) throw mistake('events', i, events[i], '0 (censored) or 1 (failed)');
    upper[i] = event === 1 ? lower[i] : Infinity;
  }
  return { lower, upper };
}

function column(
  name: string,
  values: ArrayLike<number | boolean> | undefined,
  rows: number,
  fallback: number,
  least: number,
  right: string,
): Float64Array {
  if (values === undefined) return new Float64Array(rows).fill(fallback);
  checkLength(name, values, rows);
  const result = values instanceof Float64Array ? values : Float64Array.from(values, Number);
  const wrong = firstOutside(result, least);
  if (wrong < rows) throw mistake(name, wrong, values[wrong], right);
  return result;
}

/** The first row whose value is not a finite number from `least` on; the number of rows where there is none. */
function firstOutside(values: Float64Array, least: number): number {
  let row = 0;
  while (row < values.length && values[row] >= least && values[row] < Infinity) row++;
  return row;
}

function checkLength(name: string, values: ArrayLike<unknown>, rows: number): void {
  if (values.length !== rows) {
    throw new InputError(`survival table: column "${name}" has ${values.length} rows, the others have ${rows}`);
  }
}

function mistake(name: string, index: number, value: unknown, right: string): InputError {
  return new InputError(`survival table: column "${name}", row ${index + 1}: ${String(value)} should be ${right}`);
}

function clusterNumbers(clusters: ArrayLike<number | string> | undefined, rows: number): Int32Array | null {
  if (clusters === undefined) return null;
  checkLength('clusters', clusters, rows);
  const numbers = new Map<number | string, number>();
  return Int32Array.from(clusters, (cluster) => {
    if (!numbers.has(cluster)) numbers.set(cluster, numbers.size);
    return numbers.get(cluster)!;
  });
}

/** The failure time of the row is known exactly. */
export function isExact(table: SurvivalTable, row: number): boolean {
  return table.lower[row] === table.upper[row];
}

/** The row is known to have failed at some time (exactly, or within an interval). */
export function hasFailed(table: SurvivalTable, row: number): boolean {
  return table.upper[row] < Infinity;
}

/** Rows counted with their frequencies. */
export function totalWeight(table: SurvivalTable): number {
  let total = 0;
  for (let i = 0; i < table.rows; i++) total += table.weights[i];
  return total;
}

/** Failed rows counted with their frequencies. */
export function failedWeight(table: SurvivalTable): number {
  let total = 0;
  for (let i = 0; i < table.rows; i++) if (hasFailed(table, i)) total += table.weights[i];
  return total;
}

/** The last time at which anything was observed: the horizon of restricted means. */
export function lastObservedTime(table: SurvivalTable): number {
  let last = 0;
  for (let i = 0; i < table.rows; i++)
    last = Math.max(last, table.upper[i] < Infinity ? table.upper[i] : table.lower[i]);
  return last;
}

/** The rows for which `keep` holds, in their order. */
export function selectRows(table: SurvivalTable, keep: (row: number) => boolean): SurvivalTable {
  const picked: number[] = [];
  for (let i = 0; i < table.rows; i++) if (keep(i)) picked.push(i);
  return pickRows(table, picked);
}

/** The rows with these indices, in the order of the indices. */
export function pickRows(table: SurvivalTable, picked: ArrayLike<number>): SurvivalTable {
  const pick = (values: Float64Array) => {
    const result = new Float64Array(picked.length);
    for (let k = 0; k < picked.length; k++) result[k] = values[picked[k]];
    return result;
  };
  return {
    rows: picked.length,
    lower: pick(table.lower),
    upper: pick(table.upper),
    entry: pick(table.entry),
    weights: pick(table.weights),
    clusters: table.clusters && Int32Array.from(picked, (row) => table.clusters![row]),
    covariates: Object.fromEntries(Object.entries(table.covariates).map(([name, values]) => [name, pick(values)])),
  };
}

/** The rows of each group, in their order; groups in the order in which they first appear. */
export function rowsByGroup<T>(groups: ArrayLike<T>): Map<T, number[]> {
  const rows = new Map<T, number[]>();
  for (let i = 0; i < groups.length; i++) {
    const members = rows.get(groups[i]);
    if (members === undefined) rows.set(groups[i], [i]);
    else members.push(i);
  }
  return rows;
}

/** Covariate values of one row, by name. */
export type CovariateRow = Readonly<Record<string, number>>;

/** The covariates of every row, as predictions take them. */
export function covariateRows(table: SurvivalTable): CovariateRow[] {
  const names = Object.keys(table.covariates);
  return Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, table.covariates[name][row]])),
  );
}

/** Whether every row has an exact time or is right-censored. */
export function isRightCensored({ lower, upper }: SurvivalTable): boolean {
  return lower.every((time, i) => upper[i] === time || upper[i] === Infinity);
}

/** @throws InputError where a row is left- or interval-censored, which `method` cannot use. */
export function requireRightCensoring(table: SurvivalTable, method: string): void {
  for (let i = 0; i < table.rows; i++) {
    if (!isExact(table, i) && hasFailed(table, i)) {
      throw new InputError(
        `${method}: row ${i + 1} failed somewhere in (${table.lower[i]}, ${table.upper[i]}]; exact times or right censoring are needed`,
      );
    }
  }
}
