/** Which images: class-balanced and stratified choices, shuffled batches. Everything follows from a seed, through Philox. */
import { InputError } from '../../base/errors.ts';
import { permutation, streamId } from '../../base/philox.ts';
import { type Split, select } from './dataset.ts';

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InputError(`${name} is ${value}: it must be an integer of at least ${least}`);
  }
}

/** How many labels each class has: [classes]. @throws InputError when a label is not below `classes`. */
export function classCounts(labels: Uint8Array, classes: number): number[] {
  checkCount('the number of classes', classes, 1);
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) {
    if (label >= classes) throw new InputError(`label ${label} is not a class: labels must be below ${classes}`);
    counts[label]++;
  }
  return counts;
}

/**
 * A random choice with equally many of every class. The classes take turns (0, 1, 2, ..., 0, 1, 2, ...), so the first
 * k * classes of them are balanced as well, and are the choice of that size with the same seed. Fewer images than classes are one
 * each of classes chosen at random.
 * @returns `count` distinct indices into `labels`
 * @throws InputError when `count` is above `classes` and no multiple of it, or a class has too few images.
 */
export function classBalanced(labels: Uint8Array, classes: number, count: number, seed: number): Uint32Array {
  checkCount('the number of class-balanced images', count, 1);
  const reason = whyUnbalanced(classCounts(labels, classes), count);
  if (reason !== null) throw new InputError(reason);
  if (count < classes) {
    const oneEach = classBalanced(labels, classes, classes, seed);
    const order = permutation(classes, { seed, stream: streamId('data.class-balanced.classes'), substream: 0 });
    return order.slice(0, count).map((label) => oneEach[label]);
  }
  const perClass = count / classes;
  const chosen = new Uint32Array(count);
  const taken = new Array<number>(classes).fill(0);
  for (const index of permutation(labels.length, { seed, stream: streamId('data.class-balanced'), substream: 0 })) {
    const label = labels[index];
    if (taken[label] < perClass) chosen[taken[label]++ * classes + label] = index;
  }
  return chosen;
}

/** Why `classBalanced` cannot take `count` images where there are so many of each class; null where it can. @param what they are called */
export function whyUnbalanced(available: readonly number[], count: number, what = 'images'): string | null {
  const classes = available.length;
  const perClass = Math.max(1, count / classes);
  const fewest = Math.min(...available);
  const scarce = available.indexOf(fewest);
  if (fewest === 0) return `cannot take class-balanced ${what}: class ${scarce} has none`;
  if (fewest < perClass)
    return `cannot take ${count} class-balanced ${what}: class ${scarce} has ${fewest}, ${Math.ceil(perClass)} are needed; take at most ${fewest * classes}`;
  if (Number.isInteger(perClass)) return null;
  const below = Math.floor(perClass) * classes;
  const above = below + classes > fewest * classes ? '' : ` or ${below + classes}`;
  return `cannot take ${count} ${what} balanced over ${classes} classes: take ${below}${above}`;
}

/**
 * Shares `size` out in proportion to `available`, whole numbers by the largest remainder (ties to the lower class).
 * No share exceeds what is available, as size <= sum(available).
 */
function proportionalShares(size: number, available: readonly number[]): number[] {
  const total = available.reduce((sum, number) => sum + number, 0);
  if (total === 0) return available.map(() => 0);
  const quotas = available.map((number) => (size * number) / total);
  const shares = quotas.map(Math.floor);
  const missing = size - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = quotas
    .map((quota, label) => ({ label, remainder: quota - shares[label] }))
    .sort((a, b) => b.remainder - a.remainder || a.label - b.label);
  for (const { label } of byRemainder.slice(0, missing)) shares[label]++;
  return shares;
}

/**
 * How many images of each class `stratifiedSplit` puts into each part, of so many that there are: no seed changes that.
 * @throws InputError as `stratifiedSplit` does
 */
export function stratifiedShares(available: readonly number[], sizes: readonly number[]): number[][] {
  for (const size of sizes) checkCount('the size of a part', size, 0);
  const wanted = sizes.reduce((sum, size) => sum + size, 0);
  const all = available.reduce((sum, number) => sum + number, 0);
  if (wanted > all) throw new InputError(`cannot take ${wanted} images: there are ${all}`);
  const remaining = [...available];
  return sizes.map((size) => {
    const share = proportionalShares(size, remaining);
    share.forEach((number, label) => {
      remaining[label] -= number;
    });
    return share;
  });
}

/**
 * Disjoint random parts of the given sizes, each with the classes in the proportions of the whole, as nearly as whole
 * images allow (the first part to within one image a class). What is left over belongs to no part.
 * @returns for every size, that many indices into `labels`, in random order
 * @throws InputError when the sizes exceed the number of labels together, or one is not a whole number.
 */
export function stratifiedSplit(
  labels: Uint8Array,
  classes: number,
  sizes: readonly number[],
  seed: number,
): Uint32Array[] {
  const shares = stratifiedShares(classCounts(labels, classes), sizes);
  const parts = sizes.map((size) => new Uint32Array(size));
  const filled = sizes.map(() => 0);
  const currentPart = new Array<number>(classes).fill(0);
  for (const index of permutation(labels.length, { seed, stream: streamId('data.split'), substream: 0 })) {
    const label = labels[index];
    while (currentPart[label] < sizes.length && shares[currentPart[label]][label] === 0) currentPart[label]++;
    const part = currentPart[label];
    if (part === sizes.length) continue;
    shares[part][label]--;
    parts[part][filled[part]++] = index;
  }
  return parts;
}

/**
 * A stratified random part of a split, copied, in random order.
 * @throws InputError when `count` is not an integer from 1 to the split's count.
 */
export function subset(split: Split, classes: number, count: number, seed: number): Split {
  return select(split, stratifiedPart(split.labels, classes, count, seed));
}

/**
 * The indices of a stratified random part of some labels, in random order.
 * @throws InputError when `count` is not an integer from 1 to the number of labels.
 */
export function stratifiedPart(labels: Uint8Array, classes: number, count: number, seed: number): Uint32Array {
  checkCount('the number of images', count, 1);
  return stratifiedSplit(labels, classes, [count], seed)[0];
}

/**
 * The indices 0 .. count - 1 in an order that is new in every epoch, cut into batches; the same seed and epoch give the
 * same batches again.
 *
 * `dropLast` leaves out the last batch when it is incomplete. Training does so: a compiled step has one batch size, and batch
 * norm's statistics over a handful of images are noise. The images left out (fewer than a batch) differ from epoch to epoch.
 * Evaluation must not drop any.
 * @returns views of one array, each of batchSize indices, the last possibly fewer
 * @throws InputError when a number is not positive (epoch: not an integer from 0), or dropping leaves no batch.
 */
export function batches(
  count: number,
  batchSize: number,
  seed: number,
  epoch: number,
  options: { readonly dropLast?: boolean } = {},
): Uint32Array[] {
  checkCount('the number of images', count, 1);
  checkCount('the batch size', batchSize, 1);
  checkCount('the epoch', epoch, 0);
  if (options.dropLast && batchSize > count) {
    throw new InputError(`the batch size is ${batchSize}: it must not exceed the ${count} images`);
  }
  const order = permutation(count, { seed, stream: streamId('data.shuffle'), substream: epoch });
  const number = options.dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  return Array.from({ length: number }, (_, b) => order.subarray(b * batchSize, (b + 1) * batchSize));
}
