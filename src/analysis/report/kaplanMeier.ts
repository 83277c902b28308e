import {
  type AcceleratedFailureTimeFit,
  covariateRows,
  kaplanMeier,
  medianSurvival,
  predictSurvival,
  type SurvivalTable,
  selectRows,
} from '../survival/index.ts';
import { groupBy } from './groupBy.ts';
import type { SurvivalCurve } from './report.ts';
import type { StudyFit } from './survival.ts';

/** Points of a fitted curve; the line between two of them is shorter than a pixel's error. */
const FITTED_POINTS = 61;

/** Kaplan-Meier curves by model, defence and attack, over all strengths, each with the mean of the fitted survival. */
export function survivalCurves({ rows, table, fit }: StudyFit): SurvivalCurve[] {
  if (table === null) return [];
  const indexed = rows.map((row, index) => ({ row, index }));
  return groupBy(indexed, ({ row }) => JSON.stringify([row.model, row.defence, row.attack])).map((members) => {
    const indices = new Set(members.map(({ index }) => index));
    const own = selectRows(table, (index) => indices.has(index));
    const { model, defence, attack } = members[0].row;
    const estimate = kaplanMeier(own);
    const at = (values: Float64Array, k: number) => (Number.isFinite(values[k]) ? values[k] : null);
    const last = estimate.times[estimate.times.length - 1];
    return {
      model,
      defence,
      attack,
      samples: own.rows,
      failures: members.filter(({ row }) => row.failed).length,
      median: medianSurvival(estimate).estimate,
      steps: Array.from(estimate.times, (time, k) => ({
        time,
        survival: estimate.survival[k],
        lower: at(estimate.lower, k),
        upper: at(estimate.upper, k),
        atRisk: estimate.atRisk[k],
        events: estimate.events[k],
        censored: estimate.censored[k],
      })),
      fitted: fit === null ? [] : fittedCurve(fit, own, last),
    };
  });
}

/** The fitted survival from 0 to `last`, averaged over the rows: what the model expects of this very group. */
function fittedCurve(fit: AcceleratedFailureTimeFit, table: SurvivalTable, last: number): SurvivalCurve['fitted'] {
  const times = Array.from({ length: FITTED_POINTS }, (_, k) => (last * k) / (FITTED_POINTS - 1));
  const mean = new Float64Array(times.length);
  for (const alike of groupBy(covariateRows(table), (row) => JSON.stringify(row))) {
    predictSurvival(fit, alike[0], times).forEach(({ estimate }, k) => {
      mean[k] += (estimate * alike.length) / table.rows;
    });
  }
  return times.map((time, k) => ({ time, survival: mean[k] }));
}

/** How many of a curve's samples are still at risk just before a time. */
export function atRisk({ steps, samples }: Pick<SurvivalCurve, 'steps' | 'samples'>, time: number): number {
  if (time === 0) return samples;
  return steps.find((step) => step.time >= time)?.atRisk ?? 0;
}
