/** Which images are for training and which for testing. */
import { InputError } from '../../base/errors.ts';
import { type Dataset, type Split, select } from './dataset.ts';
import type { ClassCounts } from './datasets/defineDataset.ts';
import { stratifiedPart, stratifiedShares, stratifiedSplit } from './sampling.ts';

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
 * Images by their numbers in a data set: its training images first, then its test images, each in their order as published (of a
 * folder: sorted by class and file name).
 */
export interface SplitNumbers {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Which images of a data set are for training and which for testing. The same seed gives the same images again.
 * @throws InputError when there are too few images, or no test images at all
 */
export function splitNumbers(dataset: Dataset, { split, train, test }: SplitOptions, seed: number): SplitNumbers {
  const { name, classes } = dataset;
  if (split === 'shuffled') {
    const labels = joinedLabels(dataset);
    const [forTraining, forTesting] = shuffledSizes(name, labels.length, train, test);
    const [first, second] = stratifiedSplit(labels, classes, [forTraining, forTesting], seed);
    return { train: first, test: second };
  }
  checkTest(name, dataset.test.count);
  const part = ({ labels }: Split, count: number | null) =>
    count === null ? everyNumber(labels.length) : stratifiedPart(labels, classes, count, seed);
  return {
    train: part(dataset.train, train),
    test: part(dataset.test, test).map((number) => dataset.train.count + number),
  };
}

/**
 * How many images of each class `splitNumbers` takes for testing, known before any image is read: no seed changes that.
 * @throws InputError as `splitNumbers` does
 */
export function testClassCounts(
  name: string,
  given: ClassCounts,
  { split, train, test }: SplitOptions,
): readonly number[] {
  if (split === 'shuffled') {
    const all = given.train.map((count, label) => count + given.test[label]);
    return stratifiedShares(all, shuffledSizes(name, total(all), train, test))[1];
  }
  const there = total(given.test);
  checkTest(name, there);
  if (test === null) return given.test;
  if (test > there) throw new InputError(`${name}: ${test} images for testing, but the test split has ${there}`);
  return stratifiedShares(given.test, [test])[0];
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

function checkTest(name: string, count: number): void {
  if (count === 0)
    throw new InputError(`${name}: no images for testing: give it train/ and test/, or divide it by "split: shuffled"`);
}

/**
 * A data set divided as a study asks (`splitNumbers`).
 * @throws InputError when there are too few images, or no test images at all
 */
export function splitDataset(dataset: Dataset, options: SplitOptions, seed: number): Dataset {
  const { train, test } = splitNumbers(dataset, options, seed);
  const take = imagesOf(dataset, options.split !== 'standard');
  return { ...dataset, train: take(train), test: take(test) };
}

/**
 * A function that takes images by their numbers (`SplitNumbers`), in the order that it is given.
 * @param joins whether training and test images may stand together; otherwise a whole part of the data set is that part, not copied
 */
export function imagesOf(dataset: Dataset, joins: boolean): (numbers: Uint32Array) => Split {
  const { train, test } = dataset;
  if (joins) {
    const all = joined(dataset);
    return (numbers) => select(all, numbers);
  }
  return (numbers) => {
    const isTest = numbers.length === 0 || numbers[0] >= train.count;
    const [part, first] = isTest ? [test, train.count] : [train, 0];
    const isWhole = numbers.length === part.count && numbers.every((number, i) => number === first + i);
    return isWhole
      ? part
      : select(
          part,
          numbers.map((number) => number - first),
        );
  };
}

/** The numbers from 0 of so many images. */
export const everyNumber = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

/** The labels of all images of a data set, by their numbers. */
export function joinedLabels({ train, test }: Dataset): Uint8Array {
  const labels = new Uint8Array(train.count + test.count);
  labels.set(train.labels);
  labels.set(test.labels, train.count);
  return labels;
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
function joined(dataset: Dataset): Split {
  const { train, test } = dataset;
  const images = new Uint8Array(train.images.length + test.images.length);
  images.set(train.images);
  images.set(test.images, train.images.length);
  const labels = joinedLabels(dataset);
  return { images, labels, count: labels.length };
}
