import type { NetworkSpec, Normalisation, Precision } from '../../../models/index.ts';

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
export interface StoredModelSpec {
  readonly family: 'checkpoint';
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

/** A model of a study: a network that it trains, or one that is trained already. */
export type ModelSpec = NetworkSpec | StoredModelSpec;

export const isStoredModel = (model: ModelSpec): model is StoredModelSpec => model.family === 'checkpoint';

/** What identifies a model: all of a network; of a file what is in it, not where it is. */
export function modelIdentity(model: ModelSpec): object {
  if (!isStoredModel(model)) return model;
  const { file: _, cost: __, ...identity } = model;
  return identity;
}

/** What a figure calls a stored model: the name of its file, without its ending. */
export const fileLabel = ({ file }: StoredModelSpec): string =>
  (file.split(/[\\/]/).at(-1) ?? file).replace(/\.[A-Za-z]+$/, '');
