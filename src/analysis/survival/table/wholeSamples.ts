import { InputError } from '../../../base/errors.ts';
import { tiedTimes } from '../curves/tiedTimes.ts';
import { pickRows, rowsByGroup, type SurvivalTable, totalWeight } from './table.ts';

/**
 * How many samples a table's rows are of, by weight: a start-stop row that goes on where another of its cluster and weight was left
 * unfailed is the same sample. lifelines' `CoxTimeVaryingFitter` calls these subjects, and the rows periods.
 */
export function sampleWeight(given: SurvivalTable): number {
  const total = totalWeight(given);
  if (given.clusters === null || !given.entry.some((time) => time > 0)) return total;
  const { rows, clusters, lower, upper, entry, weights } = tiedTimes(given);
  const open = new Map<string, number>();
  const key = (row: number, time: number) => `${clusters![row]} ${time} ${weights[row]}`;
  for (let row = 0; row < rows; row++) {
    if (upper[row] === Infinity) open.set(key(row, lower[row]), (open.get(key(row, lower[row])) ?? 0) + 1);
  }
  let continued = 0;
  for (let row = 0; row < rows; row++) {
    const before = entry[row] > 0 ? (open.get(key(row, entry[row])) ?? 0) : 0;
    if (before === 0) continue;
    open.set(key(row, entry[row]), before - 1);
    continued += weights[row];
  }
  return total - continued;
}

/** Samples that were watched from time 0, with the rows of the given table that each is made of, in their order in time. */
export interface WholeSamples {
  readonly table: SurvivalTable;
  readonly pieces: readonly (readonly number[])[];
}

/**
 * Joins start-stop rows, (entry, time] after (entry, time], to the samples that they were cut from. Rows are of one sample where
 * their clusters are equal; a sample has the covariates of its last row. A table without late entry stays as it is.
 * @throws InputError naming a row that entered late and continues no other
 */
export function wholeSamples(given: SurvivalTable): WholeSamples {
  if (given.entry.every((time) => time === 0)) {
    return { table: given, pieces: Array.from({ length: given.rows }, (_, row) => [row]) };
  }
  const table = tiedTimes(given);
  const { lower, entry, upper, weights } = table;
  const pieces: (readonly number[])[] = [];
  for (const rows of rowsByGroup(given.clusters ?? Array.from(lower.keys())).values()) {
    const first = rows.filter((row) => !(entry[row] > 0));
    const late = rows.filter((row) => entry[row] > 0).sort((a, b) => entry[a] - entry[b]);
    if (late.length === 0) pieces.push(...first.map((row) => [row]));
    // Only where one row alone begins at 0 is it known which the others continue.
    else pieces.push(first.length === 1 ? [first[0], ...late] : late);
  }
  for (const sample of pieces) for (const [k, row] of sample.entries()) requireContinuation(row, sample[k - 1]);
  const joined = pickRows(
    given,
    pieces.map((sample) => sample[sample.length - 1]),
  );
  return { table: { ...joined, entry: new Float64Array(joined.rows) }, pieces };

  function requireContinuation(row: number, before: number | undefined): void {
    const follows =
      before === undefined
        ? !(entry[row] > 0)
        : lower[before] === entry[row] && upper[before] === Infinity && weights[before] === weights[row];
    if (follows) return;
    throw new InputError(
      `row ${row + 1} entered late, at ${given.entry[row]}, and continues no other row of its cluster: weights by the inverse probability of censoring need samples that were watched from time 0`,
    );
  }
}
