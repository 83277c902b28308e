export { parseEntry } from './checkpoint/metadata.ts';
export { type Checkpoint, decodeSafetensors, encodeSafetensors } from './checkpoint/safetensors.ts';
export { AUGMENTATIONS, type Augmentation, randomCrop } from './data/augmentation.ts';
export { channelStatistics } from './data/channelStatistics.ts';
export {
  type Dataset,
  type ImageSize,
  labelsAt,
  originsAt,
  type Split,
  toFloat,
} from './data/dataset.ts';
export {
  ARCHIVES,
  type ArchivedName,
  DATASET_NAMES,
  DATASETS,
  type DatasetName,
  datasetNamed,
} from './data/datasets/catalogue.ts';
export type { Archive, ClassCounts, DatasetDefinition } from './data/datasets/defineDataset.ts';
export { openFeed } from './data/feed.ts';
export { LONGEST_SIDE } from './data/image.ts';
export { type Parts, partsOf, type Recipe, recipeSchema } from './data/recipe.ts';
export { batches, classBalanced, classCounts, whyUnbalanced } from './data/sampling.ts';
export { type DataSource, type DataSpec, SOURCE_NAMES } from './data/spec.ts';
export {
  everyNumber,
  imagesOf,
  shuffledSizes,
  splitDataset,
  splitNumbers,
  testClassCounts,
} from './data/splits.ts';
export { type Evaluation, evaluate, type ImageShape } from './evaluation/evaluate.ts';
export { imageMismatch } from './evaluation/imageMismatch.ts';
export { type PlannedPass, planInference, plannedBytes, planPasses, planTraining } from './inspection/plans.ts';
export { profileModel } from './inspection/profile.ts';
export { type ModelSummary, type PassSummary, PLANNED_FOR, summarise } from './inspection/summary.ts';
export {
  buildNetwork,
  DEFAULT_FAMILY,
  describeNetwork,
  FAMILY_NAMES,
  familyOf,
  labelNetwork,
  type NamedNetwork,
  NETWORK_NAMES,
  NETWORKS,
  type NetworkOptions,
  type NetworkSpec,
  networkFor,
  type ResNetSpec,
} from './network/catalogue.ts';
export { checkBatchNorm } from './network/checkBatchNorm.ts';
export { type ResNetOptions, resnet } from './network/families/resnet.ts';
export type { Normalisation } from './network/layers.ts';
export {
  type HostArray,
  type HostWeights,
  type Model,
  mapValues,
  type Nodes,
  parameterCount,
  type Specs,
  type TensorSpec,
  WEIGHTS,
  type Weights,
} from './network/model.ts';
export type { NetworkDefinition } from './network/network.ts';
export { packedSpecs, unpackValues } from './network/packed.ts';
export { DEFAULT_PRECISION, PRECISIONS, type Precision, policyOf } from './network/precision.ts';
export {
  fromCheckpoint,
  imagesEntry,
  leftOutNotes,
  type SavedModel,
  toCheckpoint,
  trainedOnIn,
} from './network/savedModel.ts';
export { networkSchema } from './network/schema.ts';
export { fromPyTorch, pytorchShape, toPyTorch } from './network/stateDict.ts';
export { download, initialWeights, release, upload } from './network/weights.ts';
export {
  COLOUR_ORDERS,
  DEFAULT_OPSET,
  decodeTensor,
  ELEMENT_TYPES,
  type ElementType,
  type Ends,
  fromOnnxCheckpoint,
  type GraphInputs,
  type HostTensor,
  hostTensor,
  keepOnnx,
  LAYOUTS,
  type LoadOptions,
  leavesSizeOpen,
  loadOnnx,
  lowerOnnx,
  ONNX_OPERATORS,
  type OnnxFile,
  type OnnxGraph,
  type OnnxNetwork,
  type OnnxWriteOptions,
  onnxGraphFileOf,
  openClassifier,
  openOnnx,
  PIXEL_RANGES,
  type Preprocessing,
  type Squashing,
  toOnnx,
  toOnnxCheckpoint,
  type Value,
  WRITTEN_OPSETS,
  withWeights,
} from './onnx/index.ts';
export { type Adversary, type AttackedBatch, detach, type LossTerms } from './training/adversary.ts';
export { fromTrainingCheckpoint, toTrainingCheckpoint } from './training/checkpoint.ts';
export { type Prices, trainingCost } from './training/cost.ts';
export { type SearchTrial, searchLearningRate } from './training/learningRateSearch.ts';
export { OPTIMISERS, USUAL_OPTIMISERS } from './training/optimisers/catalogue.ts';
export { sgd } from './training/optimisers/sgd.ts';
export type { EpochReport, TrainingPause, TrainingSnapshot, TrainOptions, TrainProgress } from './training/options.ts';
export { SCHEDULES } from './training/schedules/catalogue.ts';
export {
  applicable,
  checkTraining,
  completeTraining,
  describedTraining,
  TRAINING_PARAMETERS,
  type TrainingSpec,
  trainingMistakes,
  trainingSpec,
} from './training/spec.ts';
export {
  releaseTrainingState,
  stepRates,
  TRAINING_STATE_DONATED,
  trainingStep,
  trainingStepSpecs,
  uploadTrainingState,
} from './training/step.ts';
export { type Training, train } from './training/train.ts';
export { type TrainedOn, trainedOn } from './training/trainedOn.ts';
