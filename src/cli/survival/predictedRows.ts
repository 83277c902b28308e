import type { CovariateRow } from '../../analysis/survival/index.ts';
import {
  type Coding,
  type ColumnChoice,
  carriedColumn,
  cellMistake,
  columnOf,
  type DataTable,
  encode,
  levelsOf,
  missingIn,
  type SheetColumn,
  stratumOf,
} from '../../analysis/tables/index.ts';
import { readTable } from '../../analysis/tables/read.node.ts';
import { InputError } from '../../base/errors.ts';

/** Rows of a file that are predicted for. */
export interface PredictedRows {
  /** Places of the rows in the file, from 0. */
  readonly rows: readonly number[];
  /** Columns of the file that are written beside the predictions. */
  readonly carried: readonly SheetColumn[];
  /** Covariates of each row; null where a value is missing. */
  readonly values: readonly (CovariateRow | null)[];
  readonly strata: readonly (string | null)[];
}

/** Some columns of a file, for some of its rows, to be written again. Those that cannot be used are left out. */
export function carriedColumns(data: DataTable, names: Iterable<string>, rows: readonly number[]): SheetColumn[] {
  return [...names]
    .filter((name) => data.unusable?.has(name) !== true)
    .map((name) => {
      const cells = columnOf(data, name);
      return carriedColumn(
        name,
        rows.map((row) => cells[row]),
        data.lines === null,
      );
    });
}

/** What of a fit decides how rows are read. */
interface Fitted {
  readonly codings: ReadonlyMap<string, Coding>;
  /** Columns that make the strata, and the strata that were fitted; none without strata. */
  readonly strataColumns: readonly string[];
  readonly strata: ReadonlySet<string>;
}

/**
 * Every row of another file, with the covariates that a model was fitted with, coded as they were then; all its other columns are
 * carried.
 * @throws InputError the file, a column that is missing, a cell that is no number or no level, or a stratum that was not fitted
 */
export async function readPredictedRows(
  file: string,
  { codings, strataColumns, strata }: Fitted,
  { missing, decimal }: Pick<ColumnChoice, 'missing'> & { readonly decimal?: 'point' | 'comma' },
): Promise<PredictedRows> {
  const data = await readTable(file, { decimal });
  const rows = Array.from({ length: data.rows }, (_, row) => row);
  const needed = [...codings.keys(), ...strataColumns].map(
    (name) => [columnOf(data, name), missingIn(data, name, { missing })] as const,
  );
  const isWhole = (row: number) => !needed.some(([cells, isMissing]) => isMissing(cells[row]));
  return {
    rows,
    carried: carriedColumns(data, data.columns.keys(), rows),
    values: rows.map((row) => (isWhole(row) ? valuesOf(data, codings, row) : null)),
    strata: rows.map((row) => {
      if (strataColumns.length === 0 || !isWhole(row)) return null;
      const stratum = stratumOf(data, strataColumns, row);
      if (strata.has(stratum)) return stratum;
      throw new InputError(`${file}: row ${row + 1}: there is no stratum "${stratum}" among the rows that are fitted`);
    }),
  };
}

function valuesOf(data: DataTable, codings: ReadonlyMap<string, Coding>, row: number): CovariateRow {
  const values: Record<string, number> = {};
  for (const [name, coding] of codings) {
    const cell = columnOf(data, name)[row];
    const coded = encode(coding, cell);
    if (coded === null) {
      const right = coding.kind === 'numbers' ? 'a finite number' : `one of the levels ${levelsOf(coding).join(', ')}`;
      throw cellMistake(data, name, row, cell, right);
    }
    Object.assign(values, coded);
  }
  return values;
}
