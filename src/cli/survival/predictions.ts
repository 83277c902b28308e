import type { CovariateRow, FittedModel, ModelPrediction, PredictedFigure } from '../../analysis/survival/index.ts';
import { type Coding, encode, levelsOf } from '../../analysis/tables/index.ts';
import { InputError } from '../../base/errors.ts';
import { plain } from '../../base/notation.ts';
import { type Line, Table } from '../terminal/table.ts';
import { limitNames } from './text.ts';

const { number } = plain;

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
  codings: ReadonlyMap<string, Coding>,
  columns: readonly string[],
  labels: readonly string[] | null,
): WantedRow {
  const entries = Object.entries(asked);
  const given = Object.fromEntries(entries.filter(([name]) => !columns.includes(name)));
  const row = rowOf(given, codings);
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
 * @throws InputError naming a column that is no covariate, a level that it does not have, or a value that is no number
 */
export function rowOf(given: Readonly<Record<string, string>>, codings: ReadonlyMap<string, Coding>): CovariateRow {
  const row: Record<string, number> = {};
  for (const [name, text] of Object.entries(given)) {
    const coding = codings.get(name);
    if (coding === undefined)
      throw new InputError(`--predict: "${name}" is no covariate; there are: ${[...codings.keys()].join(', ')}`);
    const values = encode(coding, text);
    if (values === null) {
      throw new InputError(
        coding.kind === 'numbers'
          ? `--predict: ${name} is "${text}"; a number is needed`
          : `--predict: ${name} has no level "${text}"; it has: ${levelsOf(coding).join(', ')}`,
      );
    }
    Object.assign(row, values);
  }
  return row;
}

/** Predictions of a model as text. */
export function describePrediction(
  model: FittedModel,
  given: Readonly<Record<string, string>>,
  prediction: ModelPrediction,
): Line[] {
  const line = (name: string, { estimate, lower, upper }: PredictedFigure) => [
    name,
    estimate === null ? 'inf' : number(estimate, 4),
    number(lower, 4),
    estimate !== null && lower !== null && upper === null ? 'inf' : number(upper, 4),
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
    new Table([['', 'estimate', ...limitNames(model.fit.confidenceLevel)], ...lines]),
    ...(warning === null ? [] : [`(${warning})`]),
  ];
}
