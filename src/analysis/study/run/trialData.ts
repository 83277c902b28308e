import {
  type DataSpec,
  type Dataset,
  type ImageShape,
  type Parts,
  partsOf,
  type Recipe,
} from '../../../models/index.ts';
import type { TrainTrial } from '../trial/trial.ts';

/** The images of a trial, as `outlast train` writes them down. */
export function recipeOf(data: DataSpec): Recipe {
  const { split = 'standard', generated: _, train, test, validation = 0, ...source } = data;
  return { source, split, train, test, validation };
}

/** A data set as a trial divides it, and what it holds out. */
export const dividedFor = ({ data, seed }: TrainTrial, whole: Dataset): Parts => partsOf(whole, recipeOf(data), seed);

/** Shape of the images of a data set. */
export const shapeOf = ({ channels, height, width }: Dataset): ImageShape => [channels, height, width];
