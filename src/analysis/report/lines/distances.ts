import type { SurvivalSpec } from '../../study/index.ts';
import type { Curve, SurvivalSection } from '../document.ts';
import type { Attacked } from '../rows/attacked.ts';
import { type DistanceRow, distanceTable } from '../rows/distances.ts';
import type { Factor } from '../rows/factors.ts';
import { conditionsWhere, restrict } from '../rows/studyTable.ts';
import { factorCurves, wholeCurve } from './kaplanMeier.ts';
import { type OptimalityLine, optimalityLines } from './optimality.ts';
import { fitStudy, type StudyFit, survivalSection } from './survival.ts';

/** What it costs to break the images of a level of a factor, beside how far they must move. */
export interface CostAndDistance {
  /** Null of all attacks of the norm together. */
  readonly factor: Factor | null;
  readonly level: string;
  readonly cost: Curve;
  readonly distance: Curve;
}

/** The survival analysis of one norm, in which time is how far an image must move. */
export interface DistanceLine {
  /** `inf`, `1`, `2` or `0`. */
  readonly norm: string;
  readonly survival: SurvivalSection;
  readonly curves: readonly CostAndDistance[];
  /** Empty where one attack alone measures in this norm, or where AttackBench's protocol scores all. */
  readonly optimality: readonly OptimalityLine[];
}

/**
 * How far images must move, norm by norm, beside what the same attacks cost.
 * @param rows of all norms
 * @param costs the fit of all attacks by the clock of costs
 */
export function distanceLines(
  rows: readonly DistanceRow[],
  attacked: readonly Attacked[],
  costs: StudyFit,
  spec: SurvivalSpec,
): DistanceLine[] {
  const norms = [...new Set(rows.map(({ condition }) => condition.norm))];
  const samples = attacked.reduce((most, { attack }) => Math.max(most, attack.result.records.length), 0);
  return norms.map((norm) => {
    const rowsOfNorm = rows.filter(({ condition }) => condition.norm === norm);
    const table = distanceTable(rowsOfNorm);
    const fitted = fitStudy(table, spec);
    const ofNorm = restrict(
      costs.table,
      conditionsWhere(costs.table, (condition) => condition.norm === norm),
    );
    const misclassifiedBefore = attacked
      .filter(({ condition }) => condition.norm === norm)
      .flatMap(({ attack }) => attack.result.records)
      .filter((record) => record.misclassifiedBefore).length;
    return {
      norm,
      survival: survivalSection(fitted, spec, misclassifiedBefore),
      curves: pairs({ ...costs, table: ofNorm }, fitted),
      // A protocol has its own section.
      optimality: attacked.some(({ attack }) => attack.trial.protocol) ? [] : optimalityLines(rowsOfNorm, samples),
    };
  });
}

/** Curves of both clocks, level by level: of those that have both. */
function pairs(costs: StudyFit, distances: StudyFit): CostAndDistance[] {
  if (costs.table.conditions.length === 0 || distances.table.conditions.length === 0) return [];
  const byDistance = factorCurves(distances);
  const levels = factorCurves(costs).flatMap(({ factor, level, ...cost }) => {
    const same = byDistance.find((curve) => curve.factor === factor && curve.level === level);
    if (same === undefined) return [];
    const { factor: _, level: __, ...distance } = same;
    return [{ factor, level, cost, distance }];
  });
  return [{ factor: null, level: 'all', cost: wholeCurve(costs), distance: wholeCurve(distances) }, ...levels];
}
