import { interval, number, percent } from '../../analysis/report/format.ts';
import type {
  CovariateRow,
  FittedModel,
  ModelPrediction,
  PredictedFigure,
  SurvivalTable,
} from '../../analysis/survival/index.ts';
import { InputError } from '../../engine/errors.ts';
import { type Line, Table } from '../table.ts';

/** More strata than these are not all predicted for: one of them has to be named. */
const MOST_STRATA = 30;

/** A row to predict for, in each of some strata; null where there are none. */
export interface WantedRow {
  /** As the user gave it, without the strata. */
  readonly given: Readonly<Record<string, string>>;
  readonly row: CovariateRow;
  readonly strata: readonly (string | null)[];
}

/**
 * What `--predict` asks for: covariates, and of a Cox model with strata the column of a stratum (`make=B`); every stratum that fits
 * where that leaves several.
 * @param columns those that make the strata
 * @param labels the stratum of each row that is fitted; null without strata
 * @throws InputError as `rowOf`, or naming a stratum that does not exist
 */
export function wantedRow(
  asked: Readonly<Record<string, string>>,
  table: SurvivalTable,
  references: Readonly<Record<string, string>>,
  columns: readonly string[],
  labels: readonly string[] | null,
): WantedRow {
  const entries = Object.entries(asked);
  const given = Object.fromEntries(entries.filter(([name]) => !columns.includes(name)));
  const row = rowOf(given, table, references);
  if (labels === null) return { given, row, strata: [null] };
  const named = entries.filter(([name]) => columns.includes(name)).map(([name, value]) => `${name}=${value}`);
  const known = [...new Set(labels)].sort();
  const strata = known.filter((label) => named.every((part) => `, ${label}, `.includes(`, ${part}, `)));
  if (strata.length === 0) {
    const first = known.slice(0, 3).map((label) => `"${label}"`);
    throw new InputError(
      `--predict: there is no stratum "${named.join(', ')}"; of ${known.length} the first are: ${first.join(', ')}`,
    );
  }
  if (strata.length > MOST_STRATA) {
    throw new InputError(
      `--predict: ${strata.length} strata, each with a survival of its own; name one, such as ${known[0].replaceAll(', ', ',')}`,
    );
  }
  return { given, row, strata };
}

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
): Line[] {
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
  const stratum = prediction.stratum === null ? [] : [`stratum ${prediction.stratum}`];
  return [
    `Predicted for ${[...row, ...stratum].join(', ')}`,
    new Table([['', 'estimate', `${level} interval`], ...lines]),
    ...(warning === null ? [] : [`(${warning})`]),
  ];
}
