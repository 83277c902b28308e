import type { CoxFit } from './cox/cox.ts';
import type { Ties } from './cox/ties.ts';
import type { Distribution } from './distributions/distribution.ts';
import { type CovarianceKind, fitParametric, type ParametricFit } from './parametric/parametric.ts';
import type { Penalty } from './parametric/penalty.ts';
import type { SurvivalTable } from './table/table.ts';

/** What a fit of any survival model is told. */
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

/** Options that not every model has. */
export const MODEL_PARAMETERS = ['ancillary', 'breakpoints', 'ties', 'strata'] as const;

export type ModelParameter = (typeof MODEL_PARAMETERS)[number];

/** A fit, of a distribution or of Cox's model. */
export type AnyFit =
  | { readonly kind: 'parametric'; readonly fit: ParametricFit }
  | { readonly kind: 'cox'; readonly fit: CoxFit };

/**
 * A survival model that can be asked for by name, in a study file (`survival.model`) and on the command line (`--model`). Its file
 * defines it, and a line of `catalogue.ts` offers it: schemas, flags, their help, headings and the table of the documentation follow.
 */
export interface SurvivalModel<Name extends string = string> {
  /** As study files and flags write it: `log-normal`. */
  readonly name: Name;
  /** As a heading: `Log-normal accelerated failure time model`. */
  readonly title: string;
  /** Where it is defined: the function of R or lifelines whose parameters it has, or a paper. */
  readonly source: string;
  /** What exp(coefficient) of a covariate is. */
  readonly ratio: 'time ratio' | 'hazard ratio';
  /** What its parameters are, beside the coefficients of covariates: a cell of the documentation's table. */
  readonly baseline: string;
  /** How many coefficients it has beside those of covariates, with the breakpoints that it chooses itself. */
  readonly baselineCoefficients: number;
  /** Which of the options that not every model has it takes, each with a line of help. */
  readonly parameters: Readonly<Partial<Record<ModelParameter, string>>>;
  /** Why there is no mean time to failure under it; null where there is one. */
  readonly noMean: string | null;
  /** Whether a study that leaves the choice to Akaike's criterion (`auto`) fits it. */
  readonly auto: boolean;
  /** @throws InputError where the model does not exist for such data */
  readonly fit: (table: SurvivalTable, options: ModelOptions) => AnyFit;
}

/** Gives a survival model its type; `defineParametricModel` is shorter for one that is a distribution. */
export const defineSurvivalModel = <const Name extends string>(model: SurvivalModel<Name>): SurvivalModel<Name> =>
  model;

/**
 * A survival model that is a distribution of times, its parameters linear predictors.
 * @param model without what the distribution tells
 */
export function defineParametricModel<const Name extends string>({
  distribution,
  ...model
}: Pick<SurvivalModel<Name>, 'name' | 'title' | 'source' | 'baseline' | 'auto'> & {
  readonly distribution: Distribution;
}): SurvivalModel<Name> {
  return {
    ...model,
    ratio: distribution.acceleratedFailureTime ? 'time ratio' : 'hazard ratio',
    baselineCoefficients: distribution.parameters.length,
    parameters: distribution.parameters.length > 1 ? { ancillary: FURTHER } : {},
    noMean: null,
    fit: (table, options) => ({ kind: 'parametric', fit: fitDistribution(table, options, distribution) }),
  };
}

/** What `ancillary` does, for a line of help. */
export const FURTHER = 'covariates of a further parameter, such as scale=a,b';

/** Fits a distribution with those of the options that concern it. @throws InputError as `fitParametric` */
export function fitDistribution(
  table: SurvivalTable,
  { strata: _, ties: __, breakpoints: ___, ...options }: ModelOptions,
  distribution: Distribution,
): ParametricFit {
  return fitParametric(table, { ...options, distribution });
}
