import { descending } from '../assessment/ranking.ts';
import { distinctTimes } from '../clock.ts';
import { tiedTimes } from '../curves/tiedTimes.ts';
import { isExact, requireRightCensoring, type SurvivalTable } from '../table/table.ts';

/** The distinct times of a table with what happened at them, weights counted. */
export interface RiskSets {
  /** Every distinct time of failure or censoring, ascending. */
  readonly times: Float64Array;
  /** Weight observed and not yet failed or censored just before each time (entered before it). */
  readonly atRisk: Float64Array;
  readonly events: Float64Array;
  readonly censored: Float64Array;
}

/**
 * Failures and numbers at risk at each distinct time (times that differ by rounding only are one); with delayed entry a row is at
 * risk in (entry, time].
 * @param method named in the error
 * @throws InputError on interval-censored rows.
 */
export function riskSets(given: SurvivalTable, method: string): RiskSets {
  requireRightCensoring(given, method);
  const table = tiedTimes(given);
  const byExit = descending(table.lower);
  const byEntry = descending(table.entry);
  const times = distinctTimes([table.lower]);
  const atRisk = new Float64Array(times.length);
  const events = new Float64Array(times.length);
  const censored = new Float64Array(times.length);
  // Backwards in time, so that the last sets, where S may reach 0, are sums of few weights and exact.
  let leaving = 0;
  let notEntered = 0;
  let exit = 0;
  let entry = 0;
  for (let k = times.length - 1; k >= 0; k--) {
    for (; exit < byExit.length && table.lower[byExit[exit]] >= times[k]; exit++) {
      const weight = table.weights[byExit[exit]];
      leaving += weight;
      if (isExact(table, byExit[exit])) events[k] += weight;
      else censored[k] += weight;
    }
    for (; entry < byEntry.length && table.entry[byEntry[entry]] >= times[k]; entry++) {
      notEntered += table.weights[byEntry[entry]];
    }
    atRisk[k] = leaving - notEntered;
  }
  return { times, atRisk, events, censored };
}
