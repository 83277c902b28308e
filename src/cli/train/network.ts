/** The network that `outlast train` trains: a new one of a family, or that of a file, whose weights training starts from. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import { readCheckpoint, writeCheckpoint } from '../../models/checkpoint/file.node.ts';
import {
  buildNetwork,
  type Checkpoint,
  channelStatistics,
  type Dataset,
  type Ends,
  fromCheckpoint,
  type HostWeights,
  type ImageShape,
  imageMismatch,
  imagesEntry,
  keepOnnx,
  leavesSizeOpen,
  leftOutNotes,
  loadOnnx,
  type Model,
  type NetworkOptions,
  type NetworkSpec,
  networkFor,
  networkSchema,
  type OnnxFile,
  openClassifier,
  type Precision,
  parseEntry,
  type TrainedOn,
  toCheckpoint,
  toOnnxCheckpoint,
  withWeights,
} from '../../models/index.ts';
import { readOnnxFile } from '../../models/onnx/file.node.ts';
import { checkpointNormalisation, isOnnx, modelDigest } from '../../models/open.node.ts';
import { normalisationWarnings } from '../flags/preprocessingFlags.ts';
import type { TrainConfig } from './config.ts';

/** A network for the images at hand. */
export interface NetworkInTraining {
  readonly model: Model;
  /** What training starts from; drawn by the seed where a network is new. */
  readonly weights?: HostWeights;
  /** What a user should know of how it was read. */
  readonly notes: readonly string[];
  /** Writes what checkpoints need beside them. */
  prepare(folder: string): Promise<void>;
  /** The model's part of a checkpoint. */
  checkpoint(weights: HostWeights, images: TrainedOn): Checkpoint;
  /** Writes the trained model. */
  write(folder: string, weights: HostWeights, images: TrainedOn): Promise<void>;
}

/**
 * Makes a network for the images of a data set, as divided.
 * @param data what messages call the data set
 * @throws InputError when it does not take them
 */
export type NetworkFor = (dataset: Dataset, data: string) => NetworkInTraining;

/** The file in the folder of a training that holds the graph of a network from an ONNX file. */
export const GRAPH_FILE = 'network.onnx';

/** A network of a family, as checkpoints describe it. */
const ofFamily = (
  options: NetworkOptions,
  weights?: HostWeights,
  notes: readonly string[] = [],
): NetworkInTraining => ({
  ...{ model: buildNetwork(options), weights, notes },
  prepare: async () => {},
  checkpoint: (trained, images) => toCheckpoint(options, trained, images),
  write: (folder, trained, images) =>
    writeCheckpoint(join(folder, 'model.safetensors'), toCheckpoint(options, trained, images)),
});

/** A new network, which begins with the normalisation of the images that it is trained on. */
export const newNetwork =
  (spec: NetworkSpec): NetworkFor =>
  (dataset) =>
    ofFamily(networkFor(spec, dataset, channelStatistics(dataset.train, dataset.channels)));

/** The network of a checkpoint that a training goes on from. */
export const resumedNetwork =
  (options: NetworkOptions, file: string): NetworkFor =>
  (dataset, data) => {
    const { inChannels: channels, classes, imageSize } = options;
    checkFits(file, { channels, classes, imageSize }, dataset, data);
    return ofFamily(options);
  };

/** How a file's network is read. */
export interface FileReading extends Ends {
  /** The file's own unless given. */
  readonly precision?: Precision;
}

/** The network of a file: what a configuration says of it, and itself for a data set. */
interface FileNetwork {
  readonly config: Required<Pick<TrainConfig, 'model' | 'from'>>;
  readonly networkFor: NetworkFor;
}

/** Reads the network that training starts from. @throws InputError when the file holds none, or is given what is not for its kind */
export const readNetwork = (path: string, reading: FileReading): Promise<FileNetwork> =>
  isOnnx(path) ? readOnnxNetwork(path, reading) : readCheckpointNetwork(path, reading);

async function readCheckpointNetwork(path: string, reading: FileReading): Promise<FileNetwork> {
  const { precision, ...preprocessing } = reading;
  const normalise = checkpointNormalisation(path, preprocessing);
  const saved = fromCheckpoint(await readCheckpoint(path), path, normalise, precision);
  const { options, weights } = saved;
  const { inChannels: channels, classes, imageSize, normalisation = null, ...spec } = options;
  const notes = [...leftOutNotes(path, saved), ...normalisationWarnings(path, { normalisation, tellsReading: false })];
  return {
    config: {
      model: parseEntry(networkSchema, spec, path),
      from: { file: path, sha256: modelDigest(path, 'checkpoint') },
    },
    networkFor: (dataset, data) => {
      checkFits(path, { channels, classes, imageSize }, dataset, data);
      return ofFamily(options, weights, notes);
    },
  };
}

async function readOnnxNetwork(path: string, reading: FileReading): Promise<FileNetwork> {
  const file = await readOnnxFile(path);
  const { precision = 'f32' } = reading;
  return {
    config: { model: { onnx: path, precision }, from: { file: path, sha256: modelDigest(path, 'onnx') } },
    networkFor: onnxNetwork(file, { ...reading, precision }),
  };
}

/** The network of an ONNX file, whose graph is kept beside the checkpoints. */
export const onnxNetwork =
  (file: OnnxFile, reading: FileReading): NetworkFor =>
  (dataset, data) => {
    const { bytes, ...source } = file;
    const { channels, height, width } = dataset;
    const images: ImageShape | undefined = leavesSizeOpen(openClassifier(bytes, { ...source, output: reading.output }))
      ? [channels, height, width]
      : undefined;
    const network = loadOnnx(bytes, { ...source, ...reading, images });
    const { model, weights, classes, images: taken } = network;
    checkFits(file.file, { channels: taken[0], classes, imageSize: [taken[1], taken[2]] }, dataset, data);
    if (Object.keys(model.parameters).length === 0)
      throw new InputError(
        `${file.file}: has no weights to train; those of a quantised network are constants, so train it before it is quantised`,
      );
    const { normalise: normalisation = null } = network.reading;
    const kept = keepOnnx(file, network.reading);
    return {
      ...{ model, weights },
      notes: normalisationWarnings(file.file, { normalisation, tellsReading: network.tellsReading }),
      prepare: (folder) => writeFileAtomic(join(folder, GRAPH_FILE), kept),
      checkpoint: (trained, trainedOn) =>
        toOnnxCheckpoint(
          network,
          trained,
          { file: GRAPH_FILE, sha256: createHash('sha256').update(kept).digest('hex') },
          trainedOn,
        ),
      write: (folder, trained, trainedOn) =>
        // From what is kept: the file itself may lie in this folder, to be written over.
        writeFileAtomic(
          join(folder, 'model.onnx'),
          withWeights({ ...source, bytes: kept }, network, trained, imagesEntry(trainedOn)),
        ),
    };
  };

function checkFits(file: string, taken: Parameters<typeof imageMismatch>[0], dataset: Dataset, data: string): void {
  const mismatch = imageMismatch(taken, dataset, data);
  if (mismatch === null) return;
  const hint = mismatch.part === 'size' ? " (--resize and --crop change the size of a folder's images)" : '';
  throw new InputError(`${file}: ${mismatch.message}${hint}`);
}
