import {
  buildNetwork,
  channelStatistics,
  type Dataset,
  download,
  type NetworkSpec,
  networkFor,
  type Parts,
  parameterCount,
  release,
  type TrainingSpec,
  type TrainOptions,
  toCheckpoint,
  train,
  trainedOn,
} from '../../../models/index.ts';
import { defenceOf } from '../../robustness/index.ts';
import { isStoredModel } from '../trial/storedModel.ts';
import type { TrainResult, TrainTrial } from '../trial/trial.ts';
import type { TrialContext } from './machine.ts';
import { MODEL_FILES, readModel } from './storedModel.ts';
import { testModel } from './testModel.ts';
import { dividedFor, recipeOf } from './trialData.ts';
import type { TrialTools } from './trialResources.ts';

/**
 * Trains, or reads a model that is trained already, measures the accuracy on the test split, and writes the checkpoint into the trial's
 * folder.
 */
export async function runTraining(
  tools: TrialTools,
  trial: TrainTrial,
  context: TrialContext,
  whole: Dataset,
): Promise<TrainResult> {
  const { model, training } = trial;
  const { dataset, validation } = dividedFor(trial, whole);
  if (isStoredModel(model)) return readModel(tools.resources, model, dataset, context);
  if (training === null) throw new Error(`no training is given for the network ${model.family}`);
  return trainNetwork(tools, { ...trial, model, training }, context, { whole, dataset, validation });
}

/** A trial whose network is trained here. */
type NetworkTrial = TrainTrial & { readonly model: NetworkSpec; readonly training: TrainingSpec };

/** The images of a trial, undivided and divided. */
interface TrialImages extends Pick<Parts, 'dataset' | 'validation'> {
  readonly whole: Dataset;
}

async function trainNetwork(
  { resources: { device, writeCheckpoint }, calibrator }: TrialTools,
  trial: NetworkTrial,
  { folder, report }: TrialContext,
  { whole, dataset, validation }: TrialImages,
): Promise<TrainResult> {
  const { data, seed, defence } = trial;
  const options = networkFor(trial.model, dataset, channelStatistics(dataset.train, dataset.channels));
  const model = buildNetwork(options);
  const { adversary } = defenceOf(defence);
  const timing = calibrator.during();
  const trained = await train(device, model, dataset, {
    ...trainOptionsOf(trial, report),
    validation,
    onPause: timing.onPause,
  });
  try {
    const tested = await testModel(device, model, trained.weights, dataset, report);
    const images = await trainedOn(whole, recipeOf(data), seed);
    const checkpoint = MODEL_FILES.checkpoint;
    await writeCheckpoint(`${folder}/${checkpoint}`, toCheckpoint(options, await download(trained.weights), images));
    return {
      kind: 'train',
      ...tested.figures,
      trainSeconds: trained.seconds,
      compileSeconds: trained.compileSeconds,
      trainSamples: dataset.train.count,
      trainSteps: trained.steps,
      trainFlops: trained.flops,
      ...(adversary && { trainQueries: dataset.train.count * trained.epochs.length * adversary.queries }),
      predictSecondsPerSample: tested.secondsPerSample,
      parameters: parameterCount(model),
      epochs: trained.epochs,
      checkpoint,
      calibration: timing.calibration(),
    };
  } finally {
    release(trained.weights);
  }
}

/** A trial's training under its defence, and its progress as a line. */
function trainOptionsOf({ training, defence, seed }: NetworkTrial, report: TrialContext['report']): TrainOptions {
  const { augment, adversary, labelSmoothing } = defenceOf(defence);
  return {
    ...training,
    seed,
    transform: augment,
    adversary,
    labelSmoothing: labelSmoothing ?? training.labelSmoothing,
    onProgress: ({ step, steps, epoch, loss }) =>
      report({
        done: step,
        total: steps,
        unit: 'steps',
        note: `epoch ${epoch}/${training.epochs}, loss ${loss.toPrecision(3)}`,
      }),
  };
}
