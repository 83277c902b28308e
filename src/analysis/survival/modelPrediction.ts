import { InputError } from '../../base/errors.ts';
import { type FittedModel, modelSurvival } from './model.ts';
import {
  meanWarning,
  type Prediction,
  predictConditionalSurvival,
  predictHazard,
  predictMean,
  predictMedian,
  predictRestrictedMean,
  predictSurvival,
} from './prediction.ts';
import type { CovariateRow } from './table/table.ts';

/** A predicted quantity; numbers that do not exist are null (the limits of a Cox model, an infinite mean). */
export interface PredictedFigure {
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface PredictedAt extends PredictedFigure {
  readonly time: number;
}

/** What a model says of samples with these covariates. */
export interface ModelPrediction {
  /** Whose baseline it is, of a Cox model with strata; null of all others. */
  readonly stratum: string | null;
  readonly covariates: CovariateRow;
  /** P(T > time); of those that survived `given`, where it was asked for. */
  readonly survival: readonly PredictedAt[];
  readonly given: number | null;
  /** The rest is null for Cox models, which know hazards only relative to each other and nothing after the last failure. */
  readonly hazard: readonly PredictedAt[] | null;
  readonly median: PredictedFigure | null;
  readonly mean: PredictedFigure | null;
  /** E[min(T, time)], `time` the last one observed. */
  readonly restrictedMean: PredictedAt | null;
  /** What to know of the mean. */
  readonly warning: string | null;
}

/**
 * Survival and hazard at the times, median, mean and restricted mean for a row of covariates.
 * @param given survival among those that survived so far
 * @param stratum of a Cox model with strata
 * @throws InputError naming a covariate that the row lacks, a time before `given`, or where a stratum is needed and missing
 */
export function predictModel(
  model: FittedModel,
  covariates: CovariateRow,
  times: readonly number[],
  given: number | null = null,
  stratum: string | null = null,
): ModelPrediction {
  const early = times.find((time) => time < (given ?? 0));
  if (early !== undefined) throw new InputError(`prediction: time ${early} lies before ${given}, which is survived`);
  if (model.kind === 'cox') {
    const [before, ...after] = modelSurvival(model, covariates, [given ?? 0, ...times], stratum);
    const survival = after.map((value, k) => ({ time: times[k], estimate: value / before, lower: null, upper: null }));
    return {
      covariates,
      stratum,
      survival,
      given,
      hazard: null,
      median: null,
      mean: null,
      restrictedMean: null,
      warning: null,
    };
  }
  const { fit } = model;
  const at = (predictions: readonly Prediction[]) => predictions.map((one, k) => ({ time: times[k], ...figure(one) }));
  const horizon = fit.lastObservedTime;
  return {
    covariates,
    stratum: null,
    survival: at(
      given === null
        ? predictSurvival(fit, covariates, times)
        : predictConditionalSurvival(fit, covariates, times, given),
    ),
    given,
    hazard: at(predictHazard(fit, covariates, times)),
    median: figure(predictMedian(fit, covariates)),
    mean: figure(predictMean(fit, covariates)),
    restrictedMean: { time: horizon, ...figure(predictRestrictedMean(fit, covariates, horizon)) },
    warning: meanWarning(fit, covariates),
  };
}

function figure({ estimate, lower, upper }: Prediction): PredictedFigure {
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  if (!Number.isFinite(estimate)) return { estimate: null, lower: null, upper: null };
  return { estimate, lower: finite(lower), upper: finite(upper) };
}
