/** A trial of a model that is trained already: it is read and tested in place of a training. */
import { InputError } from '../../../base/errors.ts';
import {
  type Dataset,
  datasetNamed,
  describeNetwork,
  fromCheckpoint,
  type HostWeights,
  type ImageShape,
  imageMismatch,
  keepOnnx,
  loadOnnx,
  type Model,
  parameterCount,
  release,
  toCheckpoint,
  upload,
} from '../../../models/index.ts';
import { canonicalJson } from '../trial/identity.ts';
import {
  isStoredModel,
  type ModelSpec,
  type StoredCheckpoint,
  type StoredModelSpec,
  type StoredOnnx,
} from '../trial/storedModel.ts';
import type { TrainResult, Trial } from '../trial/trial.ts';
import type { TrialContext } from './machine.ts';
import { testModel } from './testModel.ts';
import type { ModelReader, TrialResources } from './trialResources.ts';

/** Images and classes of a data set. */
export type ImagesOf = Pick<Dataset, 'name' | 'channels' | 'height' | 'width' | 'classes'>;

/** A model that a file holds, in the precision that the study asks for. */
interface StoredModel {
  readonly model: Model;
  readonly weights: HostWeights;
  /** What it is, in a few words. */
  readonly network: string;
  /** Writes it into a folder, to be attacked. @returns the name of the file there */
  keep(writer: Pick<TrialResources, 'writeCheckpoint' | 'writeFile'>, folder: string): Promise<string>;
}

/** Name of a file of a trial's folder that holds its model, by how the model is kept. */
export const MODEL_FILES = { checkpoint: 'model.safetensors', onnx: 'model.onnx' } as const;

/**
 * Tests a stored model on the test split, and writes it into the trial's folder, where its attacks find it.
 * @throws InputError when the file is not the one that the study means, or its model does not fit the images
 */
export async function readModel(
  resources: TrialResources,
  spec: StoredModelSpec,
  dataset: Dataset,
  { folder, report }: TrialContext,
): Promise<TrainResult> {
  const { device } = resources;
  const { model, weights: host, network, keep } = await openStored(resources, spec, dataset);
  const weights = upload(device, model, host);
  try {
    const tested = await testModel(device, model, weights, dataset, report);
    return {
      kind: 'train',
      ...tested.figures,
      ...{ trainSeconds: 0, compileSeconds: 0, trainSamples: 0, trainFlops: 0, trainQueries: 0, epochs: [] },
      predictSecondsPerSample: tested.secondsPerSample,
      parameters: parameterCount(model),
      network,
      checkpoint: await keep(resources, folder),
    };
  } finally {
    release(weights);
  }
}

/**
 * Reads the model of a file.
 * @throws InputError when the file is not the one that the study means, cannot be read, or does not take the images
 */
export async function openStored(reader: ModelReader, spec: StoredModelSpec, images: ImagesOf): Promise<StoredModel> {
  const { file, sha256, family } = spec;
  const found = reader.digestOf(file, family);
  if (found !== sha256)
    throw new InputError(
      `${file}: is another file than the study means; its SHA-256 is ${found}, that of the study ${sha256}`,
    );
  return family === 'onnx' ? openOnnx(reader, spec, images) : openCheckpoint(reader, spec, images);
}

async function openCheckpoint(
  { readCheckpoint }: ModelReader,
  { file, normalisation, precision }: StoredCheckpoint,
  images: ImagesOf,
): Promise<StoredModel> {
  const saved = fromCheckpoint(await readCheckpoint(file), file, normalisation, precision);
  const { options, model, weights, trainedOn } = saved;
  const { inChannels: channels, classes, imageSize } = options;
  checkImages(file, { channels, classes, imageSize }, images);
  return {
    model,
    weights,
    network: describeNetwork({ ...options }),
    keep: async ({ writeCheckpoint }, folder) => {
      await writeCheckpoint(
        `${folder}/${MODEL_FILES.checkpoint}`,
        toCheckpoint(options, weights, trainedOn ?? undefined),
      );
      return MODEL_FILES.checkpoint;
    },
  };
}

async function openOnnx(
  { readOnnx }: ModelReader,
  { file: path, normalisation, precision, range, order, layout }: StoredOnnx,
  images: ImagesOf,
): Promise<StoredModel> {
  const { name, channels, height, width } = images;
  const shape: ImageShape = [channels, height, width];
  const file = await readOnnx(path);
  const { bytes, ...source } = file;
  const { model, weights, classes, description, probabilities, reading } = loadOnnx(bytes, {
    ...{ ...source, precision, range, channels: order, layout, normalise: normalisation },
    ...{ images: shape, imagesOf: name },
  });
  checkImages(path, { channels, classes }, images);
  return {
    model,
    weights,
    network: `${description}${probabilities === null ? '' : `, its ${probabilities} left out`}`,
    keep: async ({ writeFile }, folder) => {
      await writeFile(`${folder}/${MODEL_FILES.onnx}`, keepOnnx(file, reading));
      return MODEL_FILES.onnx;
    },
  };
}

/**
 * Reads the files of the models that trials are to read, before anything is trained: they must take the images of their data set. The
 * images of a folder are known when they are read.
 * @throws InputError as `openStored` does
 */
export async function checkStoredModels(trials: readonly Trial[], reader: ModelReader): Promise<void> {
  const checked = new Set<string>();
  for (const trial of trials) {
    if (trial.kind !== 'train' || trial.data.name === 'folder' || !isStoredModel(trial.model)) continue;
    const { name } = trial.data;
    const key = canonicalJson([name, trial.model]);
    if (checked.has(key)) continue;
    checked.add(key);
    const { image, counts } = datasetNamed(name);
    const [channels, height, width] = image;
    await openStored(reader, trial.model, { name, channels, height, width, classes: counts.train.length });
  }
}

function checkImages(file: string, takes: Parameters<typeof imageMismatch>[0], images: ImagesOf): void {
  const mismatch = imageMismatch(takes, images, images.name);
  if (mismatch !== null) throw new InputError(`${file}: ${mismatch.message}`);
}

/**
 * The model of a finished trial, trained or read.
 * @param file in the trial's folder
 * @throws InputError when it holds another network than the trial's
 */
export async function openTrained(
  { readCheckpoint, readOnnx }: ModelReader,
  spec: ModelSpec,
  file: string,
): Promise<Pick<StoredModel, 'model' | 'weights'>> {
  if (spec.family === 'onnx') {
    const { bytes, ...source } = await readOnnx(file);
    return loadOnnx(bytes, source);
  }
  const { options, model, weights } = fromCheckpoint(await readCheckpoint(file), file);
  const [held, wanted] = [options, spec.family === 'checkpoint' ? options : spec].map(describeNetwork);
  if (held !== wanted) throw new InputError(`${file}: holds a ${held}, not the trial's ${wanted}`);
  return { model, weights };
}
