import { descending } from '../assessment/ranking.ts';
import { lastAtOrBefore } from '../clock.ts';
import type { RiskSets } from '../cox/riskSets.ts';
import { isExact, type SurvivalTable } from '../table/table.ts';
import { tiedTimes } from './tiedTimes.ts';

/**
 * Standard errors of curves whose rows come in clusters, by the infinitesimal jackknife: R's `survfit` with `cluster`.
 * The derivative of log S(t) by the weight of a row that is at risk in (entry, time] is the sum of d / (n (n - d)) over
 * that stretch up to t, less 1 / (n - d) where it failed; those of a cluster are added up, and the variance is the sum
 * of their squares. Of one cluster that sum is 0 (those of all rows always add up to 0), which R tells as a standard
 * error; here it is NaN.
 */

/** A table whose rows are of clusters. */
export type ClusteredTable = SurvivalTable & { readonly clusters: Int32Array };

export const isClustered = (table: SurvivalTable): table is ClusteredTable => table.clusters !== null;

/** All rows are of one cluster. */
const isOneCluster = ({ clusters }: ClusteredTable): boolean => clusters.every((cluster) => cluster === clusters[0]);

/** Standard error of log S just after each time; infinite from where S is 0. */
export function clusteredStandardErrors(given: ClusteredTable, { times, atRisk, events }: RiskSets): Float64Array {
  if (isOneCluster(given)) return times.map(() => Number.NaN);
  const table = tiedTimes(given);
  const { clusters } = given;
  const survivors = Float64Array.from(times, (_, k) => atRisk[k] - events[k]);
  let sum = 0;
  const hazards = survivors.map((left, k) => (sum += events[k] > 0 ? events[k] / (atRisk[k] * left) : 0));
  // The sum of a cluster at t is fixed + weight · hazard(t): `weight` is at risk now, and the sums below are over clusters.
  const count = clusters.reduce((most, cluster) => Math.max(most, cluster + 1), 0);
  const weights = new Float64Array(count);
  const fixed = new Float64Array(count);
  let [weightSquares, products, fixedSquares] = [0, 0, 0];
  const move = (cluster: number, weight: number, contribution: number) => {
    const add = (sign: number) => {
      weightSquares += sign * weights[cluster] ** 2;
      products += sign * weights[cluster] * fixed[cluster];
      fixedSquares += sign * fixed[cluster] ** 2;
    };
    add(-1);
    weights[cluster] += weight;
    fixed[cluster] += contribution;
    add(1);
  };
  const byEntry = descending(table.entry).reverse();
  const byExit = descending(table.lower).reverse();
  let [entry, exit] = [0, 0];
  let hazard = 0;
  return Float64Array.from(times, (time, k) => {
    for (; entry < byEntry.length && table.entry[byEntry[entry]] < time; entry++) {
      const row = byEntry[entry];
      move(clusters[row], table.weights[row], -table.weights[row] * hazard);
    }
    hazard = hazards[k];
    for (; exit < byExit.length && table.lower[byExit[exit]] <= time; exit++) {
      const row = byExit[exit];
      const failure = isExact(table, row) ? 1 / survivors[k] : 0;
      move(clusters[row], -table.weights[row], table.weights[row] * (hazard - failure));
    }
    return survivors[k] > 0 && Number.isFinite(hazard)
      ? Math.sqrt(Math.max(0, hazard * hazard * weightSquares + 2 * hazard * products + fixedSquares))
      : Number.POSITIVE_INFINITY;
  });
}

/**
 * Standard error of the area under a curve up to a horizon.
 * @param areas under the curve from each time to the horizon; 0 beyond it
 */
export function clusteredAreaError(
  given: ClusteredTable,
  { times, atRisk, events }: RiskSets,
  areas: Float64Array,
): number {
  if (isOneCluster(given)) return Number.NaN;
  const table = tiedTimes(given);
  const sums = new Map<number, number>();
  // Where everyone left fails, no area remains.
  const terms = areas.map((area, k) => (area > 0 ? area / (atRisk[k] - events[k]) : 0));
  let sum = 0;
  const cumulative = terms.map((term, k) => (sum += (term * events[k]) / atRisk[k]));
  const upTo = (time: number) => {
    const k = lastAtOrBefore(times, time);
    return k < 0 ? 0 : cumulative[k];
  };
  for (let row = 0; row < table.rows; row++) {
    const cluster = given.clusters[row];
    const failure = isExact(table, row) ? terms[lastAtOrBefore(times, table.lower[row])] : 0;
    const residual = table.weights[row] * (upTo(table.lower[row]) - upTo(table.entry[row]) - failure);
    sums.set(cluster, (sums.get(cluster) ?? 0) + residual);
  }
  return Math.sqrt([...sums.values()].reduce((total, each) => total + each * each, 0));
}
