/** A trial of a model that is trained already: it is read and tested in place of a training. */
import { InputError } from '../../../base/errors.ts';
import {
  type Dataset,
  describeNetwork,
  evaluate,
  fromCheckpoint,
  parameterCount,
  release,
  type SavedModel,
  toCheckpoint,
  upload,
} from '../../../models/index.ts';
import type { StoredModelSpec } from '../trial/storedModel.ts';
import type { TrainResult } from '../trial/trial.ts';
import type { TrialContext } from './run.ts';
import { shapeOf } from './trialData.ts';
import type { TrialResources } from './trialResources.ts';

/**
 * Tests a stored model on the test split, and writes it as a checkpoint into the trial's folder, where its attacks find it.
 * @param checkpoint name of the file there
 * @throws InputError when the file is not the one that the study means, or its model does not fit the images
 */
export async function readModel(
  { device, writeCheckpoint, ...files }: TrialResources,
  spec: StoredModelSpec,
  dataset: Dataset,
  checkpoint: string,
  { folder, report }: TrialContext,
): Promise<TrainResult> {
  const saved = await opened(files, spec);
  const { options, model, weights: host } = saved;
  checkImages(saved, spec, dataset);
  const weights = upload(device, model, host);
  try {
    const { test } = dataset;
    const tested = await evaluate(device, model, weights, test, shapeOf(dataset), {
      onProgress: ({ done, total }) => report({ done, total, unit: 'images', note: 'test split' }),
    });
    await writeCheckpoint(`${folder}/${checkpoint}`, toCheckpoint(options, host, saved.trainedOn ?? undefined));
    return {
      kind: 'train',
      accuracy: tested.accuracy,
      testLoss: tested.loss,
      calibrationError: tested.calibrationError,
      confusion: tested.confusion,
      ...{ trainSeconds: 0, compileSeconds: 0, trainSamples: 0, trainFlops: 0, trainQueries: 0, epochs: [] },
      predictSecondsPerSample: tested.seconds / test.count,
      parameters: parameterCount(model),
      network: describeNetwork({ ...options }),
      checkpoint,
    };
  } finally {
    release(weights);
  }
}

/** The model of a file, in the precision that the study asks for. */
async function opened(
  { digestOf, readCheckpoint }: Omit<TrialResources, 'device' | 'writeCheckpoint' | 'loadDataset'>,
  { file, sha256, normalisation, precision }: StoredModelSpec,
): Promise<SavedModel> {
  const found = digestOf(file);
  if (found !== sha256)
    throw new InputError(
      `${file}: is another file than the study means; its SHA-256 is ${found}, that of the study ${sha256}`,
    );
  return fromCheckpoint(await readCheckpoint(file), file, normalisation, precision);
}

function checkImages({ options }: SavedModel, { file }: StoredModelSpec, dataset: Dataset): void {
  const { inChannels, classes, imageSize } = options;
  const { name, channels, height, width } = dataset;
  if (inChannels !== channels || classes !== dataset.classes)
    throw new InputError(
      `${file}: takes ${inChannels} channels and tells ${classes} classes; ${name} has ${channels} and ${dataset.classes}`,
    );
  if (imageSize !== undefined && (imageSize[0] !== height || imageSize[1] !== width))
    throw new InputError(
      `${file}: takes images of ${imageSize[1]} x ${imageSize[0]} pixels; those of ${name} have ${width} x ${height}`,
    );
}
