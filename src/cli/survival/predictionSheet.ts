import {
  type FittedModel,
  linearPredictor,
  type PredictedFigure,
  predictModel,
} from '../../analysis/survival/index.ts';
import type { Sheet, SheetCell, SheetColumn } from '../../analysis/tables/index.ts';
import { type DistinctRows, MOST_CURVES } from './distinctRows.ts';
import type { PredictedRows } from './predictedRows.ts';

/** For whom predictions are made, and when. */
export interface Predicted {
  readonly predicted: PredictedRows;
  /** Times of predicted survival and hazard. */
  readonly times: readonly number[];
  /** Predictions are of those that survived so far. */
  readonly given?: number;
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
export function predictionSheet(
  models: readonly FittedModel[],
  { predicted, times, given }: Predicted,
  { first, curve }: DistinctRows,
): Sheet {
  const { rows, carried, values, strata } = predicted;
  const predictions = models.map((model) =>
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
      times.map((time, t) => ({ m, k, figures: predictions[m][(curve[k] ?? 0) - 1]?.[t] ?? [null, time] })),
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
