/** A trial of a model that is trained already: it is read and tested in place of a training. */
import { InputError } from '../../../base/errors.ts';
import {
  type Dataset,
  describeNetwork,
  fromCheckpoint,
  imageMismatch,
  parameterCount,
  release,
  type SavedModel,
  toCheckpoint,
  upload,
} from '../../../models/index.ts';
import type { StoredModelSpec } from '../trial/storedModel.ts';
import type { TrainResult } from '../trial/trial.ts';
import type { TrialContext } from './run.ts';
import { testModel } from './testModel.ts';
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
    const tested = await testModel(device, model, weights, dataset, report);
    await writeCheckpoint(`${folder}/${checkpoint}`, toCheckpoint(options, host, saved.trainedOn ?? undefined));
    return {
      kind: 'train',
      ...tested.figures,
      ...{ trainSeconds: 0, compileSeconds: 0, trainSamples: 0, trainFlops: 0, trainQueries: 0, epochs: [] },
      predictSecondsPerSample: tested.secondsPerSample,
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
  const { inChannels: channels, classes, imageSize } = options;
  const mismatch = imageMismatch({ channels, classes, imageSize }, dataset, dataset.name);
  if (mismatch !== null) throw new InputError(`${file}: ${mismatch.message}`);
}
