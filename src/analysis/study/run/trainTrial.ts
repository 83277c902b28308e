import {
  buildNetwork,
  channelStatistics,
  type Dataset,
  download,
  evaluate,
  networkFor,
  parameterCount,
  release,
  type TrainOptions,
  toCheckpoint,
  train,
  trainedOn,
} from '../../../models/index.ts';
import { defenceOf } from '../../robustness/index.ts';
import type { TrainResult, TrainTrial } from '../trial/trial.ts';
import type { TrialContext } from './run.ts';
import { dividedFor, recipeOf, shapeOf } from './trialData.ts';
import type { TrialTools } from './trialResources.ts';

/** Name of the checkpoint in a training's folder. */
const CHECKPOINT = 'model.safetensors';

/** Trains, measures the accuracy on the test split, and writes the checkpoint into the trial's folder. */
export async function runTraining(
  { resources: { device, writeCheckpoint }, calibrator }: TrialTools,
  trial: TrainTrial,
  { folder, report }: TrialContext,
  whole: Dataset,
): Promise<TrainResult> {
  const { data, seed, defence } = trial;
  const { dataset, validation } = dividedFor(trial, whole);
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
    const tested = await evaluate(device, model, trained.weights, dataset.test, shapeOf(dataset), {
      onProgress: ({ done, total }) => report({ done, total, unit: 'images', note: 'test split' }),
    });
    const images = await trainedOn(whole, recipeOf(data), seed);
    await writeCheckpoint(`${folder}/${CHECKPOINT}`, toCheckpoint(options, await download(trained.weights), images));
    return {
      kind: 'train',
      accuracy: tested.accuracy,
      testLoss: tested.loss,
      calibrationError: tested.calibrationError,
      confusion: tested.confusion,
      trainSeconds: trained.seconds,
      compileSeconds: trained.compileSeconds,
      trainSamples: dataset.train.count,
      trainSteps: trained.steps,
      trainFlops: trained.flops,
      ...(adversary && { trainQueries: dataset.train.count * trained.epochs.length * adversary.queries }),
      predictSecondsPerSample: tested.seconds / dataset.test.count,
      parameters: parameterCount(model),
      epochs: trained.epochs,
      checkpoint: CHECKPOINT,
      calibration: timing.calibration(),
    };
  } finally {
    release(trained.weights);
  }
}

/** A trial's training under its defence, and its progress as a line. */
function trainOptionsOf({ training, defence, seed }: TrainTrial, report: TrialContext['report']): TrainOptions {
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
