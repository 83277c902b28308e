import { InputError } from '../../../base/errors.ts';
import { calibration, medianFailureTime, modelSurvival } from '../../survival/index.ts';
import { evenly, profiles, restrict, toSurvivalTable } from '../rows/studyTable.ts';
import type { StudyFit } from './survival.ts';

/** How well the fitted model predicts the probability of failure by a time. */
export interface CalibrationCurve {
  /** The median failure time. */
  readonly time: number;
  readonly samples: number;
  /** Mean, median and 90th percentile of the gap between predicted and observed probability. */
  readonly ici: number;
  readonly e50: number;
  readonly e90: number;
  /** P(T <= time) for each condition, as predicted and as observed among those with such a prediction; ascending. */
  readonly points: readonly { readonly predicted: number; readonly observed: number }[];
}

/** The smooth of what was observed needs no more samples than this. */
const MOST_SAMPLES = 10_000;

/** No more points of the curve than this are kept. */
const MOST_POINTS = 200;

/**
 * Calibration of the model at the median failure time, of large studies on conditions chosen evenly over the whole. Null where there is
 * no model, or where failures are too few or too much alike to smooth.
 */
export function calibrationCurve(study: StudyFit): CalibrationCurve | null {
  const { modelled, covariates, fitted } = study;
  if (fitted === null) return null;
  const chosen = evenly(modelled, MOST_SAMPLES);
  const table = toSurvivalTable(restrict(modelled, chosen));
  const time = medianFailureTime(table);
  const { rows, weights } = profiles(modelled, covariates.columns, chosen);
  const byCondition = rows.map((row) => 1 - modelSurvival(fitted, row, [time])[0]);
  const predicted = byCondition.flatMap((probability, k) => new Array<number>(weights[k]).fill(probability));
  try {
    const { ici, e50, e90, observed } = calibration(table, predicted, time);
    const points = new Map(predicted.map((probability, row) => [probability, observed[row]]));
    const sorted = [...points]
      .map(([x, y]) => ({ predicted: x, observed: y }))
      .sort((a, b) => a.predicted - b.predicted);
    const stride = Math.ceil(sorted.length / MOST_POINTS);
    return {
      time,
      samples: table.rows,
      ici,
      e50,
      e90,
      points: sorted.filter((_, k) => k % stride === 0 || k === sorted.length - 1),
    };
  } catch (error) {
    // Too few failures for a smooth curve; the report goes without.
    if (error instanceof InputError) return null;
    throw error;
  }
}
