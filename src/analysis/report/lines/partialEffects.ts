import { type CovariateRow, modelSurvival } from '../../survival/index.ts';
import type { FittedPoint } from '../rows/fittedSurvival.ts';
import { profiles } from '../rows/studyTable.ts';
import type { StudyFit } from './survival.ts';

/** Predicted survival at one level of a factor, all other covariates at their means. */
export interface PartialEffectLine {
  readonly factor: 'depth' | 'precision';
  readonly level: string;
  readonly points: readonly FittedPoint[];
}

const POINTS = 60;

/** The model's survival by depth and by number format, as far as they are in the model. */
export function partialEffects(study: StudyFit): PartialEffectLine[] {
  const { modelled, covariates, fitted } = study;
  if (fitted === null) return [];
  const { rows, weights } = profiles(
    modelled,
    covariates.columns,
    modelled.conditions.map((_, condition) => condition),
  );
  const mean = meanRow(rows, weights);
  const lineOf = (factor: PartialEffectLine['factor'], level: string, row: CovariateRow): PartialEffectLine => {
    const times = Array.from({ length: POINTS }, (_, k) => (fitted.fit.lastObservedTime * k * k) / (POINTS - 1) ** 2);
    const survival = modelSurvival(fitted, row, times);
    return { factor, level, points: times.map((time, k) => ({ time, survival: survival[k] })) };
  };
  const depths = distinctDepths(modelled.conditions);
  const formats = [...new Set(modelled.conditions.map(({ precision }) => precision))];
  const dummies = formats.filter((format) => `precision ${format}` in mean);
  const absent = Object.fromEntries(dummies.map((format) => [`precision ${format}`, 0]));
  return [
    ...('depth' in mean ? depths.map((depth) => lineOf('depth', String(depth), { ...mean, depth })) : []),
    ...(dummies.length > 0
      ? [covariates.reference.precision, ...dummies].map((format) =>
          lineOf('precision', format, {
            ...mean,
            ...absent,
            ...(`precision ${format}` in absent ? { [`precision ${format}`]: 1 } : {}),
          }),
        )
      : []),
  ];
}

/** All depths of networks that have one, in ascending order. */
export const distinctDepths = (conditions: readonly { readonly depth: number | null }[]): number[] =>
  [...new Set(conditions.flatMap(({ depth }) => (depth === null ? [] : [depth])))].sort((a, b) => a - b);

function meanRow(rows: readonly CovariateRow[], weights: Float64Array): CovariateRow {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Object.fromEntries(
    Object.keys(rows[0] ?? {}).map((name) => [
      name,
      rows.reduce((sum, row, k) => sum + row[name] * weights[k], 0) / total,
    ]),
  );
}
