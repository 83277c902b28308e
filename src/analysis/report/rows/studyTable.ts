import type { Clock, SurvivalClock } from '../../study/index.ts';
import { type CovariateRow, type SurvivalTable, survivalTable } from '../../survival/index.ts';
import { type Condition, durationOf, type SurvivalRow } from './rows.ts';

/** The survival table of a study by columns, its rows in groups of one condition each. */
export interface StudyTable {
  readonly clock: SurvivalClock;
  readonly conditions: readonly Condition[];
  /** The rows of condition c are those from `starts[c]` up to `starts[c + 1]`. */
  readonly starts: Int32Array;
  readonly durations: Float64Array;
  /** Ends of the intervals that failures lie in, and that `durations` begin; null where every time is exact or right-censored. */
  readonly ends: Float64Array | null;
  readonly failed: Uint8Array;
  /** Rows of one number are of one image (or, encoded as in the paper, of one run). */
  readonly clusters: Int32Array;
  /** Rows that took no measurable time and are left out. */
  readonly instant: number;
}

/** The rows of a study by a clock. */
export function studyTable(all: readonly SurvivalRow[], clock: Clock): StudyTable {
  const rows = all.filter((row) => durationOf(row, clock) > 0);
  return {
    clock,
    ...conditionColumns(rows),
    durations: Float64Array.from(rows, (row) => durationOf(row, clock)),
    ends: null,
    failed: Uint8Array.from(rows, ({ failed }) => Number(failed)),
    instant: all.length - rows.length,
  };
}

/** What rows have in common, those of one condition standing together. */
export function conditionColumns(
  rows: readonly { readonly condition: Condition; readonly cluster: string }[],
): Pick<StudyTable, 'conditions' | 'starts' | 'clusters'> {
  const conditions: Condition[] = [];
  const starts: number[] = [];
  const numbers = new Map<string, number>();
  const clusters = new Int32Array(rows.length);
  rows.forEach(({ condition, cluster }, row) => {
    if (condition !== conditions[conditions.length - 1]) {
      conditions.push(condition);
      starts.push(row);
    }
    const number = numbers.get(cluster) ?? numbers.size;
    if (number === numbers.size) numbers.set(cluster, number);
    clusters[row] = number;
  });
  return { conditions, starts: Int32Array.from([...starts, rows.length]), clusters };
}

/** Samples of a condition, and how many of them failed. */
export function sizeOf({ starts, failed }: StudyTable, condition: number): { samples: number; failures: number } {
  let failures = 0;
  for (let row = starts[condition]; row < starts[condition + 1]; row++) failures += failed[row];
  return { samples: starts[condition + 1] - starts[condition], failures };
}

/** The numbers of the conditions for which `holds`. */
export function conditionsWhere({ conditions }: StudyTable, holds: (condition: Condition) => boolean): number[] {
  return conditions.flatMap((condition, index) => (holds(condition) ? [index] : []));
}

/**
 * Conditions from the whole of a table, about as many as have `samples` samples; all where they have no more. Their choice follows
 * no grid: every n-th one would always be of the same strength, say.
 */
export function evenly({ conditions, durations }: StudyTable, samples: number): number[] {
  const share = samples / durations.length;
  const scattered = (condition: number) => (Math.imul(condition + 1, 0x9e3779b1) >>> 0) / 2 ** 32;
  return conditions.flatMap((_, condition) => (share >= 1 || scattered(condition) < share ? [condition] : []));
}

/** Some conditions of a table, as a table. */
export function restrict(table: StudyTable, chosen: readonly number[]): StudyTable {
  const rows = rowsOf(table, chosen);
  const sizes = chosen.map((c) => table.starts[c + 1] - table.starts[c]);
  const starts = new Int32Array(chosen.length + 1);
  sizes.forEach((size, k) => {
    starts[k + 1] = starts[k] + size;
  });
  return {
    ...table,
    conditions: chosen.map((c) => table.conditions[c]),
    starts,
    durations: rows.map((row) => table.durations[row]),
    ends: table.ends && rows.map((row) => table.ends?.[row] ?? 0),
    failed: Uint8Array.from(rows, (row) => table.failed[row]),
    clusters: Int32Array.from(rows, (row) => table.clusters[row]),
    instant: 0,
  };
}

/** The numbers of the rows of some conditions. */
function rowsOf({ starts }: StudyTable, chosen: readonly number[]): Float64Array {
  const rows = new Float64Array(chosen.reduce((sum, c) => sum + starts[c + 1] - starts[c], 0));
  let k = 0;
  for (const c of chosen) for (let row = starts[c]; row < starts[c + 1]; row++) rows[k++] = row;
  return rows;
}

/** The table as the survival analysis takes it. @param columns covariates by name: a value of each condition */
export function toSurvivalTable(
  { durations, ends, failed, clusters, starts }: StudyTable,
  columns: Readonly<Record<string, Float64Array>> = {},
): SurvivalTable {
  const covariates = Object.fromEntries(
    Object.entries(columns).map(([name, values]) => {
      const column = new Float64Array(durations.length);
      values.forEach((value, c) => {
        column.fill(value, starts[c], starts[c + 1]);
      });
      return [name, column];
    }),
  );
  const times = ends === null ? { durations, events: failed } : { lower: durations, upper: ends };
  return survivalTable({ ...times, clusters, covariates });
}

/** Covariates of the conditions, as predictions take them, and how many samples each stands for. */
export function profiles(
  { starts }: StudyTable,
  columns: Readonly<Record<string, Float64Array>>,
  chosen: readonly number[],
): { readonly rows: CovariateRow[]; readonly weights: Float64Array } {
  const names = Object.keys(columns);
  return {
    rows: chosen.map((c) => Object.fromEntries(names.map((name) => [name, columns[name][c]]))),
    weights: Float64Array.from(chosen, (c) => starts[c + 1] - starts[c]),
  };
}
