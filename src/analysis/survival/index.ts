export * from './assessment/brier.ts';
export * from './assessment/calibration.ts';
export * from './assessment/concordance.ts';
export * from './assessment/modelSelection.ts';
export * from './assessment/modelValidation.ts';
export * from './assessment/residuals.ts';
export * from './bootstrap.ts';
export * from './catalogue.ts';
export type { Coefficient, LikelihoodTest } from './coefficients.ts';
export { waldTest } from './coefficients.ts';
export * from './cox/cox.ts';
export * from './cox/diagnostics.ts';
export type { FailureTime } from './cox/partialLikelihood.ts';
export * from './cox/proportionality.ts';
export * from './cox/riskSets.ts';
export { TIES, type Ties } from './cox/ties.ts';
export * from './curves/kaplanMeier.ts';
export * from './curves/logRank.ts';
export * from './curves/nelsonAalen.ts';
export * from './curves/quantilePlot.ts';
export * from './curves/turnbull.ts';
export {
  type AnyFit,
  defineParametricModel,
  defineSurvivalModel,
  MODEL_PARAMETERS,
  type ModelOptions,
  type ModelParameter,
  type SurvivalModel,
} from './defineModel.ts';
export type { Distribution } from './distributions/distribution.ts';
export { derivatives } from './distributions/distribution.ts';
export { exponential } from './distributions/exponential.ts';
export { generalisedF } from './distributions/generalisedF.ts';
export { generalisedGamma } from './distributions/generalisedGamma.ts';
export { gompertz } from './distributions/gompertz.ts';
export { logLogistic } from './distributions/logLogistic.ts';
export { logNormal } from './distributions/logNormal.ts';
export { piecewiseExponential } from './distributions/piecewiseExponential.ts';
export { weibull } from './distributions/weibull.ts';
export * from './model.ts';
export * from './modelPrediction.ts';
export { normalQuantile, twoSidedP } from './numerics/specialFunctions.ts';
export * from './parametric/acceleratedFailureTime.ts';
export * from './parametric/acceleration.ts';
export * from './parametric/parametric.ts';
export type { Penalty } from './parametric/penalty.ts';
export * from './prediction.ts';
export * from './table/categorical.ts';
export type { PredictorBlock } from './table/designMatrix.ts';
export * from './table/paperEncoding.ts';
export { foldsOf, splitRows, splitTable } from './table/split.ts';
export * from './table/table.ts';
export * from './table/wholeSamples.ts';
