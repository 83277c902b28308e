import { coxModel } from './cox/coxModel.ts';
import type { SurvivalModel } from './defineModel.ts';
import { exponentialModel } from './distributions/exponential.ts';
import { generalisedFModel } from './distributions/generalisedF.ts';
import { generalisedGammaModel } from './distributions/generalisedGamma.ts';
import { gompertzModel } from './distributions/gompertz.ts';
import { logLogisticModel } from './distributions/logLogistic.ts';
import { logNormalModel } from './distributions/logNormal.ts';
import { piecewiseExponentialModel } from './distributions/piecewiseExponential.ts';
import { weibullModel } from './distributions/weibull.ts';

/** Every survival model, in the order in which help and tables list them. */
export const SURVIVAL_MODELS = [
  weibullModel,
  exponentialModel,
  logNormalModel,
  logLogisticModel,
  generalisedGammaModel,
  generalisedFModel,
  gompertzModel,
  piecewiseExponentialModel,
  coxModel,
] as const;

export type ModelName = (typeof SURVIVAL_MODELS)[number]['name'];

/** Every model that can be asked for by name. */
export const MODEL_NAMES: readonly ModelName[] = SURVIVAL_MODELS.map(({ name }) => name);

/** The model of this name. */
export function survivalModel(name: ModelName): SurvivalModel<ModelName> {
  return SURVIVAL_MODELS.find((model) => model.name === name)!;
}
