import {
  coxScoreResiduals,
  dfbeta,
  type FittedModel,
  isRightCensored,
  modelResiduals,
  parametricScoreResiduals,
  type SurvivalTable,
  schoenfeldResiduals,
} from '../../analysis/survival/index.ts';
import type { Sheet, SheetColumn } from '../../analysis/tables/index.ts';

/** Residuals of one model, by the names of their columns; those that do not exist for such a table or model are not there. */
function residualsOf(model: FittedModel, table: SurvivalTable): Map<string, readonly (number | null)[]> {
  const cells = new Map<string, readonly (number | null)[]>();
  if (isRightCensored(table)) {
    const rows = modelResiduals(model, table);
    cells.set(
      '.cox.snell',
      rows.map(({ coxSnell }) => coxSnell),
    );
    cells.set(
      '.martingale',
      rows.map(({ martingale }) => martingale),
    );
    cells.set(
      '.deviance',
      rows.map(({ deviance }) => deviance),
    );
  }
  const byTerm = (kind: string, terms: readonly string[], matrix: Float64Array) =>
    terms.forEach((term, k) => {
      cells.set(
        `.${kind}[${term}]`,
        Array.from({ length: table.rows }, (_, row) => matrix[row * terms.length + k]),
      );
    });
  if (model.kind === 'parametric') {
    const terms = model.fit.coefficients.map(({ name }) => name);
    byTerm('score', terms, parametricScoreResiduals(model.fit, table));
    return cells;
  }
  const { fit } = model;
  if (fit.ties !== 'exact') {
    byTerm('score', fit.covariates, coxScoreResiduals(fit, table));
    byTerm('dfbeta', fit.covariates, dfbeta(fit, table));
  }
  const schoenfeld = new Map(schoenfeldResiduals(fit, table).map(({ row, residual }) => [row, residual]));
  fit.covariates.forEach((term, k) => {
    cells.set(
      `.schoenfeld[${term}]`,
      Array.from({ length: table.rows }, (_, row) => schoenfeld.get(row)?.[k] ?? null),
    );
  });
  return cells;
}

/** A row for each model and fitted row. */
export function residualSheet(models: readonly FittedModel[], table: SurvivalTable, rows: readonly number[]): Sheet {
  const each = models.map((model) => residualsOf(model, table));
  const names = [...new Set(each.flatMap((columns) => [...columns.keys()]))];
  const nothing = rows.map(() => null);
  return {
    rows: models.length * rows.length,
    columns: [
      { name: '.model', type: 'text', cells: models.flatMap(({ name }) => rows.map(() => name)) },
      { name: '.row', type: 'whole', cells: models.flatMap(() => rows.map((row) => row + 1)) },
      ...names.map(
        (name): SheetColumn => ({
          name,
          type: 'number',
          cells: each.flatMap((columns) => columns.get(name) ?? nothing),
        }),
      ),
    ],
  };
}
