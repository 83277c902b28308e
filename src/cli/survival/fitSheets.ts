/** What `outlast survival fit --tidy` writes: the models as tables, in the manner of R's broom. */
import {
  coxScoreResiduals,
  dfbeta,
  type FittedModel,
  isRightCensored,
  lastObservedTime,
  linearPredictor,
  modelCoefficients,
  modelResiduals,
  modelSurvival,
  type PredictedFigure,
  parametricScoreResiduals,
  predictModel,
  predictSurvival,
  type SurvivalTable,
  schoenfeldResiduals,
} from '../../analysis/survival/index.ts';
import { type Sheet, type SheetCell, type SheetColumn, sheetOf } from '../../analysis/tables/index.ts';
import type { PredictedRows } from './predictedRows.ts';
import type { Judged } from './ranking.ts';
import { isRatio } from './text.ts';

/** Curves are written of so many different rows. */
export const MOST_CURVES = 200;

/** A curve of more steps is written at so many of them, the first and the last among them. */
const MOST_STEPS = 1000;

/** Times of a curve that has no steps. */
const POINTS = 101;

/** What the sheets are of. */
export interface Tidied {
  readonly judged: readonly Judged[];
  readonly table: SurvivalTable;
  /** Places of the table's rows in the file, from 0. */
  readonly rows: readonly number[];
  readonly predicted: PredictedRows;
  /** Times of predicted survival and hazard. */
  readonly times: readonly number[];
  /** What was survived so far. */
  readonly given?: number;
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
    curves: curveSheet(models, tidied, distinct),
  };
  return { sheets, curves: distinct.first.length };
}

/** broom's `tidy`: a row for each coefficient. */
function coefficientSheet(models: readonly FittedModel[]): Sheet {
  return sheetOf(
    {
      ...({ model: 'text', parameter: 'text', term: 'text', estimate: 'number', 'std.error': 'number' } as const),
      ...({ statistic: 'number', 'p.value': 'number', 'conf.low': 'number', 'conf.high': 'number' } as const),
      ...({ ratio: 'number', 'ratio.low': 'number', 'ratio.high': 'number' } as const),
    },
    models.flatMap((model) =>
      modelCoefficients(model).map((line) => {
        const ratio = (value: number) => (isRatio(model, line) ? Math.exp(value) : null);
        return {
          model: model.name,
          parameter: line.parameter,
          term: line.covariate,
          estimate: line.coef,
          'std.error': line.se,
          statistic: line.z,
          'p.value': line.p,
          'conf.low': line.lower,
          'conf.high': line.upper,
          ratio: ratio(line.coef),
          'ratio.low': ratio(line.lower),
          'ratio.high': ratio(line.upper),
        };
      }),
    ),
  );
}

/** broom's `glance`: a row for each model. */
function glanceSheet(judged: readonly Judged[]): Sheet {
  return sheetOf(
    {
      ...({ model: 'text', n: 'number', nobs: 'whole', nevent: 'number', df: 'whole', logLik: 'number' } as const),
      ...({ AIC: 'number', BIC: 'number', 'statistic.log': 'number', 'p.value.log': 'number' } as const),
      ...({ 'statistic.wald': 'number', 'p.value.wald': 'number', 'df.test': 'whole', scale: 'number' } as const),
      ...({ concordance: 'number', 'concordance.uno': 'number', time: 'number', ici: 'number' } as const),
      ...({ e50: 'number', e90: 'number', brier: 'number', ibs: 'number' } as const),
    },
    judged.map(({ model, train }) => {
      const { fit } = model;
      return {
        model: model.name,
        n: fit.samples,
        nobs: fit.rows,
        nevent: fit.events,
        df: fit.estimates.length,
        logLik: fit.logLikelihood,
        AIC: fit.aic,
        BIC: fit.bic,
        'statistic.log': fit.likelihoodRatio.statistic,
        'p.value.log': fit.likelihoodRatio.p,
        'statistic.wald': fit.wald.statistic,
        'p.value.wald': fit.wald.p,
        'df.test': fit.wald.degreesOfFreedom,
        scale: model.kind === 'cox' ? null : model.fit.scale,
        concordance: fit.concordance,
        'concordance.uno': train.unoConcordance,
        time: train.time,
        ici: train.ici,
        e50: train.e50,
        e90: train.e90,
        brier: train.brier,
        ibs: train.integratedBrier,
      };
    }),
  );
}

/** Residuals of one model, by the names of their columns; those that do not exist for such a table or model are not there. */
function residualsOf(model: FittedModel, table: SurvivalTable): Map<string, readonly (number | null)[]> {
  const own = new Map<string, readonly (number | null)[]>();
  if (isRightCensored(table)) {
    const rows = modelResiduals(model, table);
    own.set(
      '.cox.snell',
      rows.map(({ coxSnell }) => coxSnell),
    );
    own.set(
      '.martingale',
      rows.map(({ martingale }) => martingale),
    );
    own.set(
      '.deviance',
      rows.map(({ deviance }) => deviance),
    );
  }
  const byTerm = (kind: string, terms: readonly string[], matrix: Float64Array) =>
    terms.forEach((term, k) => {
      own.set(
        `.${kind}[${term}]`,
        Array.from({ length: table.rows }, (_, row) => matrix[row * terms.length + k]),
      );
    });
  if (model.kind === 'parametric') {
    const terms = model.fit.coefficients.map(({ name }) => name);
    byTerm('score', terms, parametricScoreResiduals(model.fit, table));
    return own;
  }
  const { fit } = model;
  if (fit.ties !== 'exact') {
    byTerm('score', fit.covariates, coxScoreResiduals(fit, table));
    byTerm('dfbeta', fit.covariates, dfbeta(fit, table));
  }
  const schoenfeld = new Map(schoenfeldResiduals(fit, table).map(({ row, residual }) => [row, residual]));
  fit.covariates.forEach((term, k) => {
    own.set(
      `.schoenfeld[${term}]`,
      Array.from({ length: table.rows }, (_, row) => schoenfeld.get(row)?.[k] ?? null),
    );
  });
  return own;
}

/** A row for each model and fitted row. */
function residualSheet(models: readonly FittedModel[], table: SurvivalTable, rows: readonly number[]): Sheet {
  const each = models.map((model) => residualsOf(model, table));
  const names = [...new Set(each.flatMap((own) => [...own.keys()]))];
  const nothing = rows.map(() => null);
  return {
    rows: models.length * rows.length,
    columns: [
      { name: '.model', type: 'text', cells: models.flatMap(({ name }) => rows.map(() => name)) },
      { name: '.row', type: 'whole', cells: models.flatMap(() => rows.map((row) => row + 1)) },
      ...names.map(
        (name): SheetColumn => ({ name, type: 'number', cells: each.flatMap((own) => own.get(name) ?? nothing) }),
      ),
    ],
  };
}

/** Rows with other covariates or another stratum than those before, by their number from 1, and the number that each row has. */
interface DistinctRows {
  /** Places of the rows among those that are predicted. */
  readonly first: readonly number[];
  /** Null of a row that misses a value. */
  readonly curve: readonly (number | null)[];
}

function distinctRows({ values, strata }: PredictedRows): DistinctRows {
  const numbers = new Map<string, number>();
  const first: number[] = [];
  const curve = values.map((row, k) => {
    if (row === null) return null;
    const key = JSON.stringify([strata[k], ...Object.values(row)]);
    if (!numbers.has(key)) {
      first.push(k);
      numbers.set(key, first.length);
    }
    return numbers.get(key)!;
  });
  return { first, curve };
}

const FIGURES = ['survival', 'hazard', 'median', 'mean', 'rmean'] as const;

/** The names of a figure and its limits. */
const limitsOf = (name: string) => [`.${name}`, `.${name}.low`, `.${name}.high`];

const cellsOf = (figure: PredictedFigure | null | undefined): (number | null)[] => [
  figure?.estimate ?? null,
  figure?.lower ?? null,
  figure?.upper ?? null,
];

/** broom's `augment`: a row for each model, row of the file and time, with the columns of the file. */
function predictionSheet(
  models: readonly FittedModel[],
  { predicted, times, given }: Tidied,
  { first, curve }: DistinctRows,
): Sheet {
  const { rows, carried, values, strata } = predicted;
  const told = models.map((model) =>
    first.map((k) => {
      const stratum = model.kind === 'cox' ? strata[k] : null;
      const { survival, hazard, median, mean, restrictedMean } = predictModel(model, values[k]!, times, given, stratum);
      const fitted = linearPredictor(model, values[k]!);
      return times.map((time, t) => [
        ...[fitted, time],
        ...[survival[t], hazard?.[t], median, mean, restrictedMean].flatMap(cellsOf),
      ]);
    }),
  );
  const names = ['.fitted', '.time', ...FIGURES.flatMap(limitsOf)];
  const lines = models.flatMap((_, m) =>
    rows.flatMap((_, k) =>
      times.map((time, t) => ({ m, k, figures: told[m][(curve[k] ?? 0) - 1]?.[t] ?? [null, time] })),
    ),
  );
  const column = (name: string, type: SheetColumn['type'], of: (line: (typeof lines)[number]) => SheetCell) => ({
    name,
    type,
    cells: lines.map(of),
  });
  const written = carriedBeside(carried);
  return {
    rows: lines.length,
    columns: [
      column('.model', 'text', ({ m }) => models[m].name),
      column('.row', 'whole', ({ k }) => rows[k] + 1),
      column('.curve', 'whole', ({ k }) => writtenCurve(curve[k])),
      ...written.map(({ name, type, cells }) => column(name, type, ({ k }) => cells[k])),
      column('.stratum', 'text', ({ k }) => strata[k]),
      ...names.map((name, j) => column(name, 'number', ({ figures }) => figures[j] ?? null)),
    ],
  };
}

const writtenCurve = (curve: number | null) => (curve !== null && curve <= MOST_CURVES ? curve : null);

/** Columns of the file that are not called as one that is computed. */
function carriedBeside(carried: readonly SheetColumn[]): SheetColumn[] {
  const computed = new Set([
    ...['.model', '.row', '.curve', '.stratum', '.fitted', '.time'],
    ...FIGURES.flatMap(limitsOf),
  ]);
  return carried.filter(({ name }) => !computed.has(name));
}

/** Survival over time of the first different rows that are predicted for. */
function curveSheet(models: readonly FittedModel[], { table, predicted }: Tidied, { first }: DistinctRows): Sheet {
  const { rows, values, strata } = predicted;
  const last = lastObservedTime(table);
  const grid = Array.from({ length: POINTS }, (_, k) => (last * k) / (POINTS - 1));
  return sheetOf(
    {
      ...({ '.model': 'text', '.curve': 'whole', '.row': 'whole', '.stratum': 'text', '.time': 'number' } as const),
      ...({ '.survival': 'number', '.survival.low': 'number', '.survival.high': 'number' } as const),
    },
    models.flatMap((model) =>
      first.slice(0, MOST_CURVES).flatMap((k, number) =>
        survivalCurve(model, values[k]!, strata[k], grid).map(([time, estimate, lower, upper]) => ({
          '.model': model.name,
          '.curve': number + 1,
          '.row': rows[k] + 1,
          '.stratum': strata[k],
          '.time': time,
          '.survival': estimate,
          '.survival.low': lower,
          '.survival.high': upper,
        })),
      ),
    ),
  );
}

/** Times, survival and its limits: at the failures of a Cox model, which has no limits, and on a grid of others. */
function survivalCurve(
  model: FittedModel,
  row: Readonly<Record<string, number>>,
  stratum: string | null,
  grid: readonly number[],
): (readonly [number, number, number | null, number | null])[] {
  if (model.kind === 'parametric')
    return predictSurvival(model.fit, row, grid).map(({ estimate, lower, upper }, k) => [
      grid[k],
      estimate,
      lower,
      upper,
    ]);
  const { baselineByStratum, baselines } = model.fit;
  const times = [0, ...someOf((baselineByStratum.get(stratum) ?? baselines[0]).times)];
  return modelSurvival(model, row, times, stratum).map((survival, k) => [times[k], survival, null, null]);
}

function someOf(times: Float64Array): Iterable<number> {
  if (times.length <= MOST_STEPS) return times;
  return Array.from({ length: MOST_STEPS }, (_, k) => times[Math.round((k * (times.length - 1)) / (MOST_STEPS - 1))]);
}
