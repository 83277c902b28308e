import {
  type FittedModel,
  lastObservedTime,
  modelSurvival,
  predictSurvival,
  type SurvivalTable,
} from '../../analysis/survival/index.ts';
import { type Sheet, sheetOf } from '../../analysis/tables/index.ts';
import { type DistinctRows, MOST_CURVES } from './distinctRows.ts';
import type { PredictedRows } from './predictedRows.ts';

/** A curve of more steps is written at so many of them, the first and the last among them. */
const MOST_STEPS = 1000;

/** Times of a curve that has no steps. */
const POINTS = 101;

/** Survival over time of the first different rows that are predicted for. */
export function curveSheet(
  models: readonly FittedModel[],
  table: SurvivalTable,
  predicted: PredictedRows,
  { first }: DistinctRows,
): Sheet {
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
