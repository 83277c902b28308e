/** Networks from files, whatever wrote them. */
import { InputError } from '../base/errors.ts';
import { fileDigest } from '../base/files.node.ts';
import { readCheckpoint } from './checkpoint/file.node.ts';
import { quote } from './checkpoint/header.ts';
import type { ImageShape } from './evaluation/evaluate.ts';
import type { Normalisation } from './network/layers.ts';
import type { HostWeights, Model } from './network/model.ts';
import { fromCheckpoint, leftOutNotes, trainedOnIn } from './network/savedModel.ts';
import { onnxDigest, readOnnxFile } from './onnx/file.node.ts';
import { type Ends, leavesSizeOpen, loadOnnx, openClassifier, type Squashing } from './onnx/index.ts';
import type { TrainedOn } from './training/trainedOn.ts';

/** A network with its weights, as a file holds it. */
export interface OpenedModel {
  readonly model: Model;
  readonly weights: HostWeights;
  /** Channels of its images. */
  readonly channels: number;
  readonly classes: number;
  /** The size of its images, where the file decides it. */
  readonly images: ImageShape | null;
  /** What its images are normalised by; null where pixels enter it as they are. */
  readonly normalisation: Normalisation | null;
  /** Whether the file says all that there is to know of how images enter the network, so that no normalisation is none. */
  readonly tellsReading: boolean;
  /** What a user should know of how it was read. */
  readonly notes: readonly string[];
  /** What it was trained on; null where the file does not say. */
  readonly trainedOn: TrainedOn | null;
}

/** What the file does not tell of the network. */
export interface Opening extends Ends {
  /** Asked for the size of the images, where an ONNX file leaves it open. */
  readonly images?: () => Promise<ImageShape>;
}

/** Whether a path is that of a network in ONNX. */
export const isOnnx = (path: string): boolean => path.toLowerCase().endsWith('.onnx');

/**
 * What a model's file is, in hexadecimal digits: SHA-256 of a checkpoint, and see `onnxDigest`.
 * @throws InputError when it cannot be read, or is none of its kind
 */
export const modelDigest = (path: string, kind: 'checkpoint' | 'onnx'): string =>
  kind === 'onnx' ? onnxDigest(path) : fileDigest(path);

/**
 * Opens a checkpoint (safetensors) or an ONNX file.
 * @throws InputError when it cannot be read, or is given what is not for its kind
 */
export const openModel = (path: string, opening: Opening): Promise<OpenedModel> =>
  isOnnx(path) ? openOnnxFile(path, opening) : openCheckpoint(path, opening);

/** The normalisation that a checkpoint is given. @throws InputError where it is given what is for ONNX files alone */
export function checkpointNormalisation(path: string, { normalise, ...others }: Ends): Ends['normalise'] {
  const [unknown] = Object.entries(others).filter(([, value]) => value !== undefined);
  if (unknown === undefined) return normalise;
  throw new InputError(`${path}: ${unknown[0]} ${unknown[1]} is for ONNX files; a checkpoint is read in one way`);
}

async function openCheckpoint(path: string, { images: _, ...preprocessing }: Opening): Promise<OpenedModel> {
  const normalise = checkpointNormalisation(path, preprocessing);
  const saved = fromCheckpoint(await readCheckpoint(path), path, normalise);
  const { model, weights, options, trainedOn } = saved;
  const { inChannels: channels, classes, imageSize, normalisation } = options;
  const images: ImageShape | null = imageSize === undefined ? null : [channels, ...imageSize];
  return {
    model,
    weights,
    channels,
    classes,
    images,
    normalisation: normalisation ?? null,
    tellsReading: false,
    notes: leftOutNotes(path, saved),
    trainedOn,
  };
}

/** What is said of a network's end that is left out. */
const LEFT_OUT: Readonly<Record<Squashing, string>> = {
  softmax: 'whose gradients starve; logits are what goes into it, and probabilities are the same',
  sigmoid:
    'whose gradients starve; logits are what goes into it: the same class is the likeliest, but the probabilities are a softmax of them',
};

async function openOnnxFile(path: string, { images: sizeOf, ...others }: Opening): Promise<OpenedModel> {
  const { bytes, ...source } = await readOnnxFile(path);
  const opened = openClassifier(bytes, { ...source, output: others.output });
  const size = leavesSizeOpen(opened) ? await sizeOf?.() : undefined;
  const { model, weights, images, classes, probabilities, reading, tellsReading } = loadOnnx(bytes, {
    ...source,
    ...others,
    images: size,
  });
  const names = opened.outputs.map(({ name }) => quote(name)).join(', ');
  const notes = [
    ...(probabilities === null ? [] : [`${path} ends in a ${probabilities}, ${LEFT_OUT[probabilities]}`]),
    ...(opened.outputs.length > 1 && reading.output === undefined
      ? [`${path} has several outputs, ${names}; the first is taken for the logits, --output names another`]
      : []),
  ];
  return {
    ...{ model, weights, images, classes, channels: images[0] },
    trainedOn: trainedOnIn(Object.fromEntries(opened.metadata), path),
    normalisation: reading.normalise ?? null,
    tellsReading,
    notes,
  };
}
