import { interval, number, percent } from '../../analysis/report/format.ts';
import type {
  CovariateRow,
  FittedModel,
  ModelPrediction,
  PredictedFigure,
  SurvivalTable,
} from '../../analysis/survival/index.ts';
import { InputError } from '../../engine/errors.ts';
import { aligned } from './text.ts';

/**
 * Covariates as a user names them (`defence=none`, `eps=0.1`) as the table has them (dummies).
 * @param references the reference level of every categorical column
 * @throws InputError naming a column that the table lacks, a level that it does not have, or a value that is no number
 */
export function rowOf(
  given: Readonly<Record<string, string>>,
  table: SurvivalTable,
  references: Readonly<Record<string, string>>,
): CovariateRow {
  const row: Record<string, number> = {};
  for (const [name, text] of Object.entries(given)) {
    if (references[name] !== undefined) {
      const dummies = Object.keys(table.covariates).filter((column) => column.startsWith(`${name}[`));
      const wanted = `${name}[${text}]`;
      if (text !== references[name] && !dummies.includes(wanted)) {
        const levels = [references[name], ...dummies.map((column) => column.slice(name.length + 1, -1))];
        throw new InputError(`--predict: ${name} has no level "${text}"; it has: ${levels.join(', ')}`);
      }
      for (const column of dummies) row[column] = column === wanted ? 1 : 0;
      continue;
    }
    if (table.covariates[name] === undefined) {
      throw new InputError(
        `--predict: "${name}" is no covariate; there are: ${[...Object.keys(references), ...Object.keys(table.covariates).filter((column) => !column.includes('['))].join(', ')}`,
      );
    }
    const value = text === 'true' ? 1 : text === 'false' ? 0 : Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) {
      throw new InputError(`--predict: ${name} is "${text}"; a number is needed`);
    }
    row[name] = value;
  }
  return row;
}

/** Predictions of a model as text. */
export function describePrediction(
  model: FittedModel,
  given: Readonly<Record<string, string>>,
  prediction: ModelPrediction,
): string[] {
  const level = percent(model.fit.confidenceLevel, 0).replace(' ', '');
  const line = (name: string, { estimate, lower, upper }: PredictedFigure) => [
    name,
    estimate === null ? 'infinite' : number(estimate, 4),
    lower === null ? '–' : interval(lower, upper, 4),
  ];
  const { survival, hazard, median, mean, restrictedMean, warning } = prediction;
  const condition = prediction.given === null ? '' : ` | T > ${number(prediction.given, 4)}`;
  const lines = [
    ...survival.map((one) => line(`P(T > ${number(one.time, 4)}${condition})`, one)),
    ...(hazard ?? []).map((one) => line(`hazard at ${number(one.time, 4)}`, one)),
    ...(median === null ? [] : [line('median', median)]),
    ...(mean === null ? [] : [line('mean', mean)]),
    ...(restrictedMean === null ? [] : [line(`mean up to ${number(restrictedMean.time, 4)}`, restrictedMean)]),
  ];
  const row = Object.entries(given).map(([name, value]) => `${name} = ${value}`);
  return [
    `Predicted for ${row.join(', ')}`,
    ...aligned([['', 'estimate', `${level} interval`], ...lines]),
    ...(warning === null ? [] : [`(${warning})`]),
  ];
}
