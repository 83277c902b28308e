import type { NetworkSpec, Normalisation, Precision, Preprocessing } from '../../../models/index.ts';

/** What a training cost that was not seen, as the study file says. */
export interface StatedCost {
  /** Seconds of the whole training. */
  readonly seconds: number;
  /** Images that it was trained on, each counted once. */
  readonly samples: number;
  /** What an hour of the machine cost, in the currency of the study's prices. */
  readonly pricePerHour?: number;
  /** What it was trained on: `1 x A100`. */
  readonly hardware?: string;
}

/** A model that was trained elsewhere, in a file. */
interface ModelInFile {
  /** SHA-256 of the file in hexadecimal digits: what the model is, wherever it lies. */
  readonly sha256: string;
  readonly precision: Precision;
  /** What the images were normalised by in training, where the file does not say. */
  readonly normalisation?: Normalisation;
  /** Where the file is. No part of the identity of a trial. */
  readonly file: string;
  /** Left out where the study does not say. No part of the identity of a trial. */
  readonly cost?: StatedCost;
}

/** A checkpoint in safetensors. */
export interface StoredCheckpoint extends ModelInFile {
  readonly family: 'checkpoint';
}

/** A network in ONNX; the SHA-256 is also of the files that its data lie in, after its own. */
export interface StoredOnnx extends ModelInFile, Pick<Preprocessing, 'range' | 'layout'> {
  readonly family: 'onnx';
  /** Order of the colours that it takes. */
  readonly order?: Preprocessing['channels'];
}

export type StoredModelSpec = StoredCheckpoint | StoredOnnx;

/** What files of models are called in a study. */
export type FileKind = StoredModelSpec['family'];

/** A model of a study: a network that it trains, or one that is trained already. */
export type ModelSpec = NetworkSpec | StoredModelSpec;

/** The kinds of files: a study's models name their file by this key. */
export const FILE_KINDS: readonly FileKind[] = ['checkpoint', 'onnx'];

export const isStoredModel = (model: { readonly family: string }): model is StoredModelSpec =>
  FILE_KINDS.some((kind) => kind === model.family);

/** What identifies a model: all of a network; of a file what is in it, not where it is. */
export function modelIdentity(model: ModelSpec): object {
  if (!isStoredModel(model)) return model;
  const { file: _, cost: __, ...identity } = model;
  return identity;
}

/** What a figure calls a stored model: the name of its file, without its ending. */
export const fileLabel = ({ file }: StoredModelSpec): string =>
  (file.split(/[\\/]/).at(-1) ?? file).replace(/\.[A-Za-z]+$/, '');
