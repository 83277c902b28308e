/** What `outlast survival fit --tidy` writes: the models as tables, in the manner of R's broom. */
import type { SurvivalTable } from '../../analysis/survival/index.ts';
import type { Sheet } from '../../analysis/tables/index.ts';
import { curveSheet } from './curveSheet.ts';
import { distinctRows } from './distinctRows.ts';
import { coefficientSheet, glanceSheet } from './modelSheets.ts';
import { type Predicted, predictionSheet } from './predictionSheet.ts';
import type { Judged } from './ranking.ts';
import { residualSheet } from './residualSheet.ts';

/** What the sheets are of. */
export interface Tidied extends Predicted {
  readonly judged: readonly Judged[];
  readonly table: SurvivalTable;
  /** Places of the table's rows in the file, from 0. */
  readonly rows: readonly number[];
}

/** All sheets, by the names of their files, and how many curves there would be without a limit. */
export function fitSheets(tidied: Tidied): { readonly sheets: Record<string, Sheet>; readonly curves: number } {
  const models = tidied.judged.map(({ model }) => model);
  const distinct = distinctRows(tidied.predicted);
  const sheets = {
    coefficients: coefficientSheet(models),
    glance: glanceSheet(tidied.judged),
    residuals: residualSheet(models, tidied.table, tidied.rows),
    predictions: predictionSheet(models, tidied, distinct),
    curves: curveSheet(models, tidied.table, tidied.predicted, distinct),
  };
  return { sheets, curves: distinct.first.length };
}
