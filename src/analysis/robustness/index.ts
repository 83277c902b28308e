export {
  ATTACK_NAMES,
  ATTACKS,
  type AttackName,
  type AttackSettings,
  type AttackSpec,
  attackNamed,
  passesOf,
  runNamed,
} from './attacks/catalogue.ts';
export { type BestOfOutcome, bestOf, commonBall, radiusOf } from './attacks/composite/bestOf.ts';
export {
  type AnySettings,
  type Attack,
  type AttackNorm,
  completeSettings,
  defineAttack,
  distanceRange,
  WITH_GRADIENT,
} from './attacks/defineAttack.ts';
export { pgd } from './attacks/gradient/pgd.ts';
export { ddn } from './attacks/minimum/ddn.ts';
export { hopSkipJump } from './attacks/query/hopSkipJump.ts';
export type { AttackOutcome, AttackProgress, SavedAttack } from './attacks/run/attack.ts';
export type { Samples } from './attacks/run/batch.ts';
export type { Budget } from './attacks/run/budget.ts';
export type { AttackRecord, SampleCost } from './attacks/run/record.ts';
export { largestPlace } from './attacks/run/rows.ts';
export { compileStep } from './attacks/steps/gradientStep.ts';
export { type Certificate, certifiedAccuracy, exactInterval } from './certificate.ts';
export { type Classifier, createClassifier } from './classifier/classifier.ts';
export type { KernelTime } from './classifier/question.ts';
export { type AdversarialTrainingOptions, adversarialTraining } from './defences/adversarialTraining.ts';
export {
  type AnyDefence,
  DEFENCES,
  type DefenceName,
  type DefenceSpec,
  defenceDefinition,
  defenceLabels,
  defenceNamed,
  defenceOf,
  trainingDefence,
} from './defences/catalogue.ts';
export type { Defence } from './defences/defence.ts';
export { featureSqueezing } from './defences/featureSqueezing.ts';
export { gaussianNoise } from './defences/gaussianNoise.ts';
export { highConfidence } from './defences/highConfidence.ts';
export { jpegCompression } from './defences/jpegCompression.ts';
export { noDefence } from './defences/none.ts';
export { certify, predictSmoothed, randomisedSmoothing } from './defences/randomisedSmoothing.ts';
export { spatialSmoothing } from './defences/spatialSmoothing.ts';
export { totalVarianceMinimisation } from './defences/totalVarianceMinimisation.ts';
export {
  type AttackEvaluation,
  type MaskingDiagnostic,
  maskingDiagnostics,
  maskingWarnings,
} from './maskingDiagnostics.ts';
export { type NormName, norms } from './norms.ts';
export {
  ATTACKBENCH_BUDGET,
  checkRadius,
  type ProtocolOutcome,
  type ProtocolSample,
  runAttackBench,
} from './protocol/attackBench.ts';
export {
  type AttackBenchFigures,
  type AttackBenchRun,
  attackBenchFigures,
  attackBenchFile,
  THREAT_MODELS,
} from './protocol/attackBenchFile.ts';
export { globalOptimality, localOptimality, lowerEnvelope, type Optimality } from './protocol/optimality.ts';
export { SEARCH_STEPS } from './protocol/radiusSearch.ts';
export {
  ALL_ATTACKS,
  type CurveInput,
  type CurvePoint,
  DISTANCE_IN,
  robustnessCurves,
  type UnionRadii,
  worstCase,
} from './robustnessCurve.ts';
