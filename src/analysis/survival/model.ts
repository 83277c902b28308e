import { type RowResidual, residuals } from './assessment/residuals.ts';
import { type ModelName, survivalModel } from './catalogue.ts';
import type { Coefficient } from './coefficients.ts';
import { type CoxFit, logRelativeHazard, predictCoxSurvival } from './cox/cox.ts';
import { coxResiduals } from './cox/diagnostics.ts';
import type { AnyFit, ModelOptions } from './defineModel.ts';
import { derivatives } from './distributions/distribution.ts';
import { parametersAt } from './prediction.ts';
import type { CovariateRow, SurvivalTable } from './table/table.ts';

/** A fit of either kind, with the name of its model. */
export type FittedModel = AnyFit & { readonly name: ModelName };

/** Fits a model by its name. @throws InputError as `fitParametric` and `fitCox` */
export function fitModel(name: ModelName, table: SurvivalTable, options: ModelOptions = {}): FittedModel {
  return { name, ...survivalModel(name).fit(table, options) };
}

/** S at each time for a row of covariates; `stratum` of Cox models with strata. @throws InputError as `predictCoxSurvival` */
export function modelSurvival(
  model: FittedModel,
  row: CovariateRow,
  times: readonly number[],
  stratum: string | null = null,
): number[] {
  if (model.kind === 'cox') return predictCoxSurvival(model.fit, row, times, stratum);
  const { distribution } = model.fit;
  const theta = parametersAt(model.fit, row);
  const out = derivatives(theta.length);
  return times.map((time) => {
    if (time <= 0) return 1;
    distribution.logSurvival(time, Math.log(time), theta, out);
    return Math.exp(out.value);
  });
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
