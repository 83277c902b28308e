import { type RiskSets, riskSets } from '../cox/riskSets.ts';
import { normalQuantile } from '../numerics/specialFunctions.ts';
import type { SurvivalTable } from '../table/table.ts';

export interface NelsonAalenEstimate extends RiskSets {
  /** H just after each time. */
  readonly cumulativeHazard: Float64Array;
  /** Square root of sum d / n² (Aalen 1978; R's `std.chaz`). */
  readonly standardError: Float64Array;
  /** Limits symmetric on the log scale, H exp(±z se / H); 0 while H is 0. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly confidenceLevel: number;
}

/**
 * Cumulative hazard sum d / n (Nelson 1969, Aalen 1978); ties are taken as simultaneous, as R does by default.
 * @throws InputError on interval-censored rows.
 */
export function nelsonAalen(
  table: SurvivalTable,
  options: { readonly confidenceLevel?: number } = {},
): NelsonAalenEstimate {
  const { confidenceLevel = 0.95 } = options;
  const sets = riskSets(table, 'Nelson-Aalen');
  const z = normalQuantile(0.5 + confidenceLevel / 2);
  const cumulativeHazard = new Float64Array(sets.times.length);
  const standardError = new Float64Array(sets.times.length);
  let hazard = 0;
  let variance = 0;
  for (let k = 0; k < sets.times.length; k++) {
    hazard += sets.events[k] / sets.atRisk[k];
    variance += sets.events[k] / sets.atRisk[k] ** 2;
    cumulativeHazard[k] = hazard;
    standardError[k] = Math.sqrt(variance);
  }
  const limit = (sign: number) =>
    cumulativeHazard.map((h, k) => (h === 0 ? 0 : h * Math.exp((sign * z * standardError[k]) / h)));
  return { ...sets, cumulativeHazard, standardError, lower: limit(-1), upper: limit(1), confidenceLevel };
}
