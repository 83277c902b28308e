export { logRatios, medianHalfWidth } from './calibration/estimate.ts';
export { subjectOf, TRAINING_BATCH } from './calibration/subject.ts';
export { testImagesByClass } from './file/dataSchema.ts';
export { studyJsonSchema, studyJsonSchemaText } from './file/jsonSchema.ts';
export { type ParsedStudy, parseStudy } from './file/parse.ts';
export type { PricesSpec, Study } from './file/schema.ts';
export {
  type Clock,
  costClock,
  type Encoding,
  SURVIVAL_CHOICES,
  type SurvivalClock,
  type SurvivalModelName,
  type SurvivalSpec,
} from './file/survivalSchema.ts';
export { trialCosts } from './run/cost.ts';
export { type Estimate, estimate, type Observation, type TimeLeft, timeLeft } from './run/estimate.ts';
export { holdMachine, type TrialMachine, type TrialProgress } from './run/machine.ts';
export {
  type EarlierFailures,
  failedLast,
  failuresAmong,
  type PlannedTrial,
  planTrials,
  type RunEvent,
  readFinished,
  runStudy,
  type Shard,
  shardOf,
} from './run/run.ts';
export { trialRunner } from './run/runTrial.ts';
export { checkStoredModels } from './run/storedModel.ts';
export type { ModelReader } from './run/trialResources.ts';
export type { FailedTrial, RunRecords, RunStore, Timing } from './store/store.ts';
export { controlFor } from './trial/control.ts';
export { expand } from './trial/expand.ts';
export { canonicalJson, identity } from './trial/identity.ts';
export { describeTrial, type Labels, labelModel, labelsOf } from './trial/label.ts';
export type { AttackPicture } from './trial/pictures.ts';
export type { ProtocolSpec } from './trial/protocol.ts';
export { isStoredModel, type ModelSpec, type StatedCost } from './trial/storedModel.ts';
export { epsOf, normOf, pixelsOf } from './trial/strength.ts';
export type {
  AttackResult,
  AttackTrial,
  FinishedTrial,
  TrainResult,
  TrainTrial,
  Trial,
  TrialRecord,
  TrialResult,
} from './trial/trial.ts';
