/** Which images of a data set a model is trained on, which are held out, and which it is tested with. */
import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import type { Dataset, Split } from './dataset.ts';
import { DATASET_NAMES } from './datasets/catalogue.ts';
import { LONGEST_SIDE } from './image.ts';
import { stratifiedSplit } from './sampling.ts';
import { imagesOf, joinedLabels, type SplitNumbers, splitNumbers } from './splits.ts';

const count = z.int().min(1);
const side = z.int().min(1).max(LONGEST_SIDE).optional();

/** A data set and how it is divided. */
export const recipeSchema = z.strictObject({
  source: z.union([
    z.strictObject({ name: z.enum(DATASET_NAMES) }),
    z.strictObject({ name: z.literal('folder'), path: z.string(), resize: side, crop: side }),
  ]),
  split: z.enum(['standard', 'shuffled']),
  /** Images for training and for testing; null means all. */
  train: count.nullable(),
  test: count.nullable(),
  /** Images of the training split that are held out and classified after every epoch. */
  validation: z.int().min(0),
});

export type Recipe = z.infer<typeof recipeSchema>;

/** A data set divided, and the numbers (`SplitNumbers`) of the images in each part. */
export interface Parts {
  readonly dataset: Dataset;
  /** Undefined where none is held out. */
  readonly validation: Split | undefined;
  readonly numbers: SplitNumbers & { readonly validation: Uint32Array };
}

/**
 * The images that a recipe trains on, holds out and tests with. The same seed gives the same images again.
 * @throws InputError when there are too few images for that
 */
export function partsOf(whole: Dataset, recipe: Omit<Recipe, 'source'>, seed: number): Parts {
  const { train: given, test } = splitNumbers(whole, recipe, seed);
  const { validation } = recipe;
  if (validation > 0 && validation >= given.length)
    throw new InputError(`train: cannot hold out ${validation} of ${given.length} images for validation`);
  const numbers = { ...heldOut(whole, given, validation, seed), test };
  const take = imagesOf(whole, recipe.split !== 'standard');
  return {
    dataset: { ...whole, train: take(numbers.train), test: take(test) },
    validation: validation === 0 ? undefined : take(numbers.validation),
    numbers,
  };
}

/** Training images without those that are held out, and those, each class in proportion. */
function heldOut(whole: Dataset, given: Uint32Array, validation: number, seed: number) {
  if (validation === 0) return { train: given, validation: new Uint32Array() };
  const all = joinedLabels(whole);
  const labels = Uint8Array.from(given, (number) => all[number]);
  const sizes = [given.length - validation, validation];
  const [kept, held] = stratifiedSplit(labels, whole.classes, sizes, seed);
  return { train: kept.map((at) => given[at]), validation: held.map((at) => given[at]) };
}
