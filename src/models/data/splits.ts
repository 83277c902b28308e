/** Which images are for training and which for testing. */
import { InputError } from '../../engine/errors.ts';
import { type Dataset, type Split, select } from './dataset.ts';
import { stratifiedSplit, subset } from './sampling.ts';

export interface SplitOptions {
  /**
   * `standard`: as the data set is published, or the folders train/ and test/. `shuffled`: both joined, and divided at random by the seed,
   * each class in proportion (scikit-learn's `train_test_split` with `stratify`); studies repeat it with several seeds.
   */
  readonly split: 'standard' | 'shuffled';
  /** Images in each part, each class in proportion; null: all there are (standard), or 80 % and the rest (shuffled). */
  readonly train: number | null;
  readonly test: number | null;
}

/** Share of the joined images that a shuffled split trains on when it is not told. */
const TRAINING_SHARE = 0.8;

/**
 * A data set divided as a study asks. The same seed gives the same images again.
 * @throws InputError when there are too few images, or no test images at all
 */
export function splitDataset(dataset: Dataset, { split, train, test }: SplitOptions, seed: number): Dataset {
  const { name, classes } = dataset;
  if (split === 'shuffled') {
    const all = joined(dataset);
    const [forTraining, forTesting] = shuffledSizes(name, all.count, train, test);
    const [first, second] = stratifiedSplit(all.labels, classes, [forTraining, forTesting], seed);
    return { ...dataset, train: select(all, first), test: select(all, second) };
  }
  if (dataset.test.count === 0)
    throw new InputError(`${name}: no images for testing: give it train/ and test/, or divide it by "split: shuffled"`);
  const part = (whole: Split, count: number | null) => (count === null ? whole : subset(whole, classes, count, seed));
  return { ...dataset, train: part(dataset.train, train), test: part(dataset.test, test) };
}

/**
 * Images for training and for testing of so many.
 * @throws InputError when that cannot be
 */
export function shuffledSizes(
  name: string,
  count: number,
  train: number | null,
  test: number | null,
): [number, number] {
  const forTraining = train ?? Math.min(Math.round(TRAINING_SHARE * count), count - (test ?? 0));
  const forTesting = test ?? count - forTraining;
  if (forTraining < 1 || forTesting < 1 || forTraining + forTesting > count)
    throw new InputError(
      `${name}: cannot divide ${count} images into ${forTraining} for training and ${forTesting} for testing`,
    );
  return [forTraining, forTesting];
}

/** Training and test images, in this order. */
function joined({ train, test }: Dataset): Split {
  const images = new Uint8Array(train.images.length + test.images.length);
  images.set(train.images);
  images.set(test.images, train.images.length);
  const labels = new Uint8Array(train.count + test.count);
  labels.set(train.labels);
  labels.set(test.labels, train.count);
  return { images, labels, count: labels.length };
}
