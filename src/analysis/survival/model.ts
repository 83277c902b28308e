import { InputError } from '../../engine/errors.ts';
import { calibration, weightedQuantile } from './calibration.ts';
import type { Coefficient } from './coefficients.ts';
import { concordance } from './concordance.ts';
import { type CoxFit, fitCox, logRelativeHazard, predictCoxSurvival } from './cox.ts';
import { coxResiduals } from './coxDiagnostics.ts';
import type { Ties } from './coxTies.ts';
import type { Distribution } from './distributions/distribution.ts';
import { exponential } from './distributions/exponential.ts';
import { generalisedF } from './distributions/generalisedF.ts';
import { generalisedGamma } from './distributions/generalisedGamma.ts';
import { gompertz } from './distributions/gompertz.ts';
import { logLogistic } from './distributions/logLogistic.ts';
import { logNormal } from './distributions/logNormal.ts';
import { piecewiseExponential } from './distributions/piecewiseExponential.ts';
import { weibull } from './distributions/weibull.ts';
import { logLikelihoodOf } from './modelSelection.ts';
import { type CovarianceKind, fitParametric, type ParametricFit } from './parametric.ts';
import type { Penalty } from './penalty.ts';
import { predictMedian, predictSurvival } from './prediction.ts';
import { type RowResidual, residuals } from './residuals.ts';
import {
  type CovariateRow,
  covariateRows,
  isExact,
  lastObservedTime,
  type SurvivalTable,
  totalWeight,
} from './table.ts';

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

/** The times by which a third and two thirds of the failures have been seen, as far as they differ. */
function thirdsOfFailures(table: SurvivalTable): number[] {
  const times: number[] = [];
  for (let i = 0; i < table.rows; i++) if (isExact(table, i)) times.push(table.lower[i]);
  times.sort((a, b) => a - b);
  const last = times[times.length - 1];
  const thirds = [1 / 3, 2 / 3].map((share) => times[Math.floor(share * times.length)]);
  return [...new Set(thirds)].filter((time) => time < last);
}

/** S at each time for a row of covariates; `stratum` for Cox models with strata. */
export function modelSurvival(
  model: FittedModel,
  row: CovariateRow,
  times: readonly number[],
  stratum?: string,
): number[] {
  if (model.kind === 'cox') return predictCoxSurvival(model.fit, row, times, stratum);
  return predictSurvival(model.fit, row, times).map(({ estimate }) => estimate);
}

/** Residuals of every row of the table that was fitted. */
export function modelResiduals(model: FittedModel, table: SurvivalTable): RowResidual[] {
  return model.kind === 'cox' ? coxResiduals(model.fit, table) : residuals(model.fit, table);
}

/** The time by which half of the failures that were seen had been seen; an interval counts by its upper end. */
export function medianFailureTime(table: SurvivalTable): number {
  const failed = Array.from({ length: table.rows }, (_, i) => i).filter((i) => table.upper[i] < Infinity);
  if (failed.length === 0) return lastObservedTime(table);
  const pick = (values: Float64Array) => Float64Array.from(failed, (i) => values[i]);
  return weightedQuantile(pick(table.upper), pick(table.weights), 0.5);
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
    coefficients: model.kind === 'cox' ? coxLines(model.fit) : model.fit.coefficients.map(parametricLine),
    scale: model.kind === 'cox' ? null : model.fit.scale,
    logLikelihood,
    aic,
    bic,
    concordance: model.fit.concordance,
  };
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

/** How well a model predicts a table, which may be another than it was fitted to. Null where it cannot be told. */
export interface Performance {
  readonly samples: number;
  readonly concordance: number | null;
  /** Mean log likelihood of a sample; null for Cox models, which have none outside their table. */
  readonly logLikelihood: number | null;
  /** Calibration of P(T <= time). */
  readonly time: number;
  readonly ici: number | null;
  readonly e50: number | null;
  readonly e90: number | null;
}

/** @param strata a stratum for each row, where the model is Cox's with strata */
export function performance(
  model: FittedModel,
  table: SurvivalTable,
  time: number,
  strata: readonly string[] | null = null,
): Performance {
  const samples = totalWeight(table);
  const logLikelihood = model.kind === 'cox' ? null : logLikelihoodOf(model.fit, table) / samples;
  const rows = covariateRows(table);
  const measured = whereDefined(() => {
    const failed = rows.map((row, i) => 1 - modelSurvival(model, row, [time], strata?.[i])[0]);
    return calibration(table, failed, time);
  });
  const agreement = whereDefined(
    () =>
      concordance(
        table,
        rows.map((row) => lifetime(model, row)),
      ).concordance,
  );
  return {
    samples,
    concordance: agreement === null || Number.isNaN(agreement) ? null : agreement,
    logLikelihood,
    time,
    ici: measured?.ici ?? null,
    e50: measured?.e50 ?? null,
    e90: measured?.e90 ?? null,
  };
}

/** A number that orders rows by the time that the model expects them to last. */
function lifetime(model: FittedModel, row: CovariateRow): number {
  return model.kind === 'cox' ? -logRelativeHazard(model.fit, row) : predictMedian(model.fit, row).estimate;
}

/** A figure, or null where such a table has none (interval censoring, too few failures). */
function whereDefined<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
