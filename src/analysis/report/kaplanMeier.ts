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

/** Points of a fitted curve, evenly spaced in time and as many in its logarithm: smooth on either axis. */
const FITTED_POINTS = 40;

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
      fitted: fit === null ? [] : fittedCurve(fit, own, [estimate.times[0] / 2, last]),
    };
  });
}

/** The fitted survival from 0 to `last`, closely from `first` on, averaged over the rows: what the model expects of this very group. */
function fittedCurve(
  fit: AcceleratedFailureTimeFit,
  table: SurvivalTable,
  [first, last]: readonly [number, number],
): SurvivalCurve['fitted'] {
  const shares = Array.from({ length: FITTED_POINTS }, (_, k) => k / (FITTED_POINTS - 1));
  // The last point once only: both ways of spacing end in it.
  const geometric = shares.slice(0, -1).map((share) => first * (last / first) ** share);
  const times = [...new Set([...shares.map((share) => last * share), ...geometric])].sort((a, b) => a - b);
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
