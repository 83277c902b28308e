/** What a checkpoint remembers of the images that its model was trained on. */
import { z } from 'zod';
import type { Dataset } from '../data/dataset.ts';
import { type Recipe, recipeSchema } from '../data/recipe.ts';

export const trainedOnSchema = recipeSchema.extend({
  /** Divided the data set. */
  seed: z.int().min(0),
  /** The name of the data set itself, which may differ from that of its source. */
  dataset: z.string(),
  /** Where its files were, see `Dataset.folder`. */
  folder: z.string().optional(),
  /** [channels, height, width]. */
  shape: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]),
  classes: z.int().min(1),
  /** In the order of the logits; null where the data set names none. */
  classNames: z.array(z.string()).nullable(),
  /** `datasetDigest` of the whole data set. */
  digest: z.string(),
});

export type TrainedOn = z.infer<typeof trainedOnSchema>;

/** What is to be remembered of a training on a data set, undivided here. */
export async function trainedOn(whole: Dataset, recipe: Recipe, seed: number): Promise<TrainedOn> {
  const { name, folder, channels, height, width, classes, classNames = null } = whole;
  return {
    ...recipe,
    seed,
    dataset: name,
    ...(folder !== undefined && { folder }),
    shape: [channels, height, width],
    classes,
    classNames: classNames && [...classNames],
    digest: await datasetDigest(whole),
  };
}

/** Tells images and labels of a data set from those of any other, in their order: hexadecimal digits of SHA-256. */
export async function datasetDigest({ train, test }: Dataset): Promise<string> {
  const hash = async (bytes: Uint8Array) =>
    new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  const parts = await Promise.all([train.images, train.labels, test.images, test.labels].map(hash));
  const whole = await hash(Uint8Array.from(parts.flatMap((part) => [...part])));
  return Array.from(whole.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
