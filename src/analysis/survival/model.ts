import { type RowResidual, residuals } from './assessment/residuals.ts';
import type { Coefficient } from './coefficients.ts';
import { type CoxFit, fitCox, logRelativeHazard, predictCoxSurvival } from './cox/cox.ts';
import { coxResiduals } from './cox/diagnostics.ts';
import type { Ties } from './cox/ties.ts';
import type { Distribution } from './distributions/distribution.ts';
import { exponential } from './distributions/exponential.ts';
import { generalisedF } from './distributions/generalisedF.ts';
import { generalisedGamma } from './distributions/generalisedGamma.ts';
import { gompertz } from './distributions/gompertz.ts';
import { logLogistic } from './distributions/logLogistic.ts';
import { logNormal } from './distributions/logNormal.ts';
import { piecewiseExponential } from './distributions/piecewiseExponential.ts';
import { weibull } from './distributions/weibull.ts';
import { type CovarianceKind, fitParametric, type ParametricFit } from './parametric/parametric.ts';
import type { Penalty } from './parametric/penalty.ts';
import { parametersAt, predictSurvival } from './prediction.ts';
import { type CovariateRow, isExact, type SurvivalTable } from './table/table.ts';

const DISTRIBUTIONS = {
  weibull,
  exponential,
  'log-normal': logNormal,
  'log-logistic': logLogistic,
  'generalised-gamma': generalisedGamma,
  'generalised-f': generalisedF,
  gompertz,
} as const satisfies Record<string, Distribution>;

/** Every model that can be asked for by name. */
export const MODEL_NAMES = [
  ...(Object.keys(DISTRIBUTIONS) as (keyof typeof DISTRIBUTIONS)[]),
  'piecewise-exponential',
  'cox',
] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

export interface ModelOptions extends Penalty {
  /** Every covariate of the table when left out. */
  readonly covariates?: readonly string[];
  /** Parametric models: covariates of further parameters, by the parameter's name; those that a model lacks do not concern it. */
  readonly ancillary?: Readonly<Record<string, readonly string[]>>;
  /** Piecewise exponential: where its hazard changes; thirds of the failure times when left out. */
  readonly breakpoints?: readonly number[];
  readonly ties?: Ties;
  /** Cox only: a stratum for each row. */
  readonly strata?: ArrayLike<string>;
  readonly covariance?: CovarianceKind;
  readonly confidenceLevel?: number;
}

/** A model of either kind, asked for by its name. */
export type FittedModel =
  | { readonly name: Exclude<ModelName, 'cox'>; readonly kind: 'parametric'; readonly fit: ParametricFit }
  | { readonly name: 'cox'; readonly kind: 'cox'; readonly fit: CoxFit };

/** Fits a model by its name. @throws InputError as `fitParametric` and `fitCox` */
export function fitModel(name: ModelName, table: SurvivalTable, options: ModelOptions = {}): FittedModel {
  const { strata, ties, ancillary, breakpoints, ...common } = options;
  if (name === 'cox') return { name, kind: 'cox', fit: fitCox(table, { ...common, ties, strata }) };
  const distribution =
    name === 'piecewise-exponential'
      ? piecewiseExponential(breakpoints ?? thirdsOfFailures(table))
      : DISTRIBUTIONS[name];
  return { name, kind: 'parametric', fit: fitParametric(table, { ...common, ancillary, distribution }) };
}

/** The times by which more than a third and two thirds of the failures have been seen, by weight, as far as they differ. */
function thirdsOfFailures(table: SurvivalTable): number[] {
  const failed = Array.from({ length: table.rows }, (_, i) => i).filter((i) => isExact(table, i));
  failed.sort((a, b) => table.lower[a] - table.lower[b]);
  const total = failed.reduce((sum, i) => sum + table.weights[i], 0);
  const last = table.lower[failed[failed.length - 1]];
  const thirds = [1 / 3, 2 / 3].map((share) => {
    let seen = 0;
    const row = failed.find((i) => {
      seen += table.weights[i];
      // Exactly a third, up to the rounding of a sum of fractions, is not more.
      return seen > (share + 1e-12) * total;
    });
    return row === undefined ? last : table.lower[row];
  });
  return [...new Set(thirds)].filter((time) => time > 0 && time < last);
}

/** S at each time for a row of covariates; `stratum` of Cox models with strata. @throws InputError as `predictCoxSurvival` */
export function modelSurvival(
  model: FittedModel,
  row: CovariateRow,
  times: readonly number[],
  stratum: string | null = null,
): number[] {
  if (model.kind === 'cox') return predictCoxSurvival(model.fit, row, times, stratum);
  return predictSurvival(model.fit, row, times).map(({ estimate }) => estimate);
}

/**
 * The linear predictor of the first parameter for a row of covariates, as R's `predict(type = "lp")`: of Cox models the log hazard relative
 * to that at the covariates' means.
 * @throws InputError naming a covariate that the row lacks
 */
export function linearPredictor(model: FittedModel, row: CovariateRow): number {
  return model.kind === 'cox' ? logRelativeHazard(model.fit, row) : parametersAt(model.fit, row)[0];
}

/** Residuals of every row of the table that was fitted. */
export function modelResiduals(model: FittedModel, table: SurvivalTable): RowResidual[] {
  return model.kind === 'cox' ? coxResiduals(model.fit, table) : residuals(model.fit, table);
}

/** One line of a model's coefficients, the same for every model. */
export interface ModelCoefficient {
  /** "location" for times that covariates multiply, "hazard" for Cox; further parameters by their name. */
  readonly parameter: string;
  readonly covariate: string;
  readonly coef: number;
  readonly se: number;
  readonly z: number;
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
}

/** The figures of a model as JSON gives them; a number that does not exist is null. */
export interface ModelSummary {
  readonly model: ModelName;
  readonly n: number;
  readonly events: number;
  readonly coefficients: readonly ModelCoefficient[];
  /** R survreg's scale; null where the model has none, or it varies. */
  readonly scale: number | null;
  readonly logLikelihood: number;
  readonly aic: number;
  readonly bic: number;
  readonly concordance: number | null;
}

export function summarise(model: FittedModel): ModelSummary {
  const { samples, events, logLikelihood, aic, bic } = model.fit;
  return {
    model: model.name,
    n: samples,
    events,
    coefficients: modelCoefficients(model),
    scale: model.kind === 'cox' ? null : model.fit.scale,
    logLikelihood,
    aic,
    bic,
    concordance: model.fit.concordance,
  };
}

/** The lines of its coefficients alone. */
export function modelCoefficients(model: FittedModel): ModelCoefficient[] {
  return model.kind === 'cox' ? coxLines(model.fit) : model.fit.coefficients.map(parametricLine);
}

function parametricLine({ parameter, covariate, coefficient, standardError, ...rest }: Coefficient): ModelCoefficient {
  const { z, p, lower, upper } = rest;
  return { parameter, covariate, coef: coefficient, se: standardError, z, p, lower, upper };
}

function coxLines({ coefficients }: CoxFit): ModelCoefficient[] {
  return coefficients.map(({ name, coefficient, standardError, z, p, lower, upper }) => ({
    parameter: 'hazard',
    covariate: name,
    coef: coefficient,
    se: standardError,
    z,
    p,
    lower,
    upper,
  }));
}
