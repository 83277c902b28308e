/** The images that `outlast attack` attacks: whose they are, in which part of a data set, and what is doubtful about them. */
import { Option } from 'commander';
import type { AttackOutcome, Samples } from '../../analysis/robustness/index.ts';
import { betterThanChance } from '../../analysis/trash/index.ts';
import { InputError } from '../../base/errors.ts';
import { loadDataset } from '../../models/data/load.node.ts';
import {
  classBalanced,
  classCounts,
  type DataSource,
  type Dataset,
  everyNumber,
  type ImageShape,
  imageMismatch,
  imagesOf,
  labelsAt,
  type Parts,
  partsOf,
  type Split,
  splitNumbers,
  type TrainedOn,
  toFloat,
  trainedOn,
} from '../../models/index.ts';
import type { OpenedModel } from '../../models/open.node.ts';
import { trainingPlace } from '../../models/training/place.node.ts';
import { type DataFlags, sourceOf } from '../flags/dataFlags.ts';
import { percent } from './text.ts';

/** `standard`: the test images as published; `shuffled`: those of a random division; `all`: training images, too. */
const SPLITS = ['standard', 'shuffled', 'all'] as const;

/** The option that chooses among `SPLITS`. */
export const splitOption = (): Option =>
  new Option(
    '--split <part>',
    'test images as published, those of a random division, or all images; without it as the model was trained',
  ).choices(SPLITS);

export interface ImageFlags extends Omit<DataFlags, 'data'> {
  readonly checkpoint: string;
  readonly data?: string;
  readonly split?: (typeof SPLITS)[number];
  readonly samples?: number;
  readonly seed: number;
}

/** Where an image is found: the part of its data set as published (a folder without parts is all `train`), and its place there, from 0. */
export interface ImagePlace {
  readonly split: 'train' | 'test';
  readonly index: number;
}

export interface ChosenImages {
  readonly samples: Samples;
  readonly places: readonly ImagePlace[];
  readonly dataset: Dataset;
  /** Name of a published data set, or path of a folder. */
  readonly data: string;
  readonly split: (typeof SPLITS)[number];
  readonly warnings: readonly string[];
}

/** What a model says of the images that it takes. */
type Taking = Pick<OpenedModel, 'channels' | 'classes' | 'images' | 'trainedOn'>;

/** Images attacked unless a number is given, or fewer where that divides the classes evenly. */
const DEFAULT_SAMPLES = 100;

/** The images of a data set that a model may be measured on. */
interface Pool {
  readonly images: Split;
  /** Numbers of the images in their data set, the training images first. */
  readonly numbers: Uint32Array;
  readonly dataset: Dataset;
  /** Name of a published data set, or path of a folder. */
  readonly data: string;
  readonly split: (typeof SPLITS)[number];
  /** What is doubtful about some of them, by their numbers. */
  warnings(own: readonly number[]): string[];
}

/**
 * Without flags they are the test images of what the model was trained on, divided as it was then, where its checkpoint remembers that;
 * MNIST's otherwise.
 * @throws InputError when there is no such data, or it does not fit the model
 */
export async function openImages(flags: ImageFlags, saved: Taking): Promise<Pool> {
  const known = saved.trainedOn;
  const { source, dataset, isFollowed } = await datasetOf(flags, known);
  const data = nameOf(source, dataset);
  checkFits(flags.checkpoint, saved, dataset, data);
  const here = await trainedOn(dataset, { source, split: 'standard', train: null, test: null, validation: 0 }, 0);
  const isSame = known !== null && known.digest === here.digest;
  const split = flags.split ?? (known !== null && (isSame || isFollowed) ? known.split : 'standard');
  const numbers = numbersOf(dataset, data, split, known !== null && split === known.split ? known : null, flags.seed);
  const warnings = (own: readonly number[]) => {
    if (known === null) return [];
    return isSame ? trainingImages(own, partsOf(dataset, known, known.seed)) : [otherImages(known, here)];
  };
  return { images: imagesOf(dataset, split !== 'standard')(numbers), numbers, dataset, data, split, warnings };
}

/** The size of the images of the flags' data set, for a network that takes any. @throws InputError when there is no such data */
export async function imageSizeOf(flags: ImageFlags): Promise<ImageShape> {
  const { dataset } = await datasetOf(flags, null);
  return [dataset.channels, dataset.height, dataset.width];
}

/** The data set of the flags, or that which a checkpoint remembers. */
async function datasetOf(flags: ImageFlags, known: TrainedOn | null) {
  const isFollowed = flags.data === undefined && known !== null;
  const place = isFollowed
    ? trainingPlace(known, flags.checkpoint, flags.dataDir)
    : { source: sourceOf({ ...flags, data: flags.data ?? 'mnist' }), dataDir: flags.dataDir };
  const source = isFollowed ? resized(place.source, flags) : place.source;
  const dataset = await loadDataset(source, { dataDir: place.dataDir }).catch((error: unknown) => {
    if (!isFollowed || !(error instanceof InputError)) throw error;
    const then = known.folder === undefined ? '' : `, then in ${known.folder}`;
    const flag = known.source.name === 'folder' ? '--data' : '--data-dir';
    throw new InputError(
      `${error.message} (what ${flags.checkpoint} was trained on${then}; ${flag} names another place)`,
    );
  });
  if (isFollowed && place.dataDir === undefined && known.dataset !== dataset.name)
    throw new InputError(
      `${flags.checkpoint}: was trained on ${known.dataset}, and does not tell where its files are; --data-dir names their folder, --data another data set`,
    );
  return { source, dataset, isFollowed };
}

/** Class-balanced images of `openImages` for an attack on a model. @throws InputError as it does, or when there are too few images */
export async function chooseImages(flags: ImageFlags, saved: Taking): Promise<ChosenImages> {
  const { images, numbers, dataset, data, split, warnings } = await openImages(flags, saved);
  const { classes } = saved;
  const chosen = classBalanced(images.labels, classes, flags.samples ?? defaultSamples(images, classes), flags.seed);
  const attacked = Array.from(chosen, (at) => numbers[at]);
  const trainCount = dataset.train.count;
  return {
    samples: { images: toFloat(images, chosen), labels: Int32Array.from(labelsAt(images, chosen)) },
    places: attacked.map((number) =>
      number < trainCount ? { split: 'train', index: number } : { split: 'test', index: number - trainCount },
    ),
    ...{ dataset, data, split, warnings: warnings(attacked) },
  };
}

/** @throws InputError when images are none that the model takes */
function checkFits(file: string, { images, ...model }: Taking, dataset: Dataset, data: string): void {
  const imageSize = images === null ? undefined : ([images[1], images[2]] as const);
  const mismatch = imageMismatch({ ...model, imageSize }, dataset, data);
  if (mismatch === null) return;
  const hint = mismatch.part === 'size' ? " (--resize and --crop change the size of a folder's images)" : '';
  throw new InputError(`${file}: ${mismatch.message}${hint}`);
}

/** The remembered source, at another size if flags say so. */
function resized(source: DataSource, { resize, crop }: Pick<DataFlags, 'resize' | 'crop'>): DataSource {
  if (resize === undefined && crop === undefined) return source;
  return { ...sourceOf({ data: source.name === 'folder' ? source.path : source.name, resize, crop }) };
}

const nameOf = (source: DataSource, { name }: Pick<Dataset, 'name'>): string =>
  source.name === 'folder' ? source.path : name;

/** The numbers of the images that may be attacked. @param known how the model's images were divided, where that is to be followed */
function numbersOf(
  dataset: Dataset,
  data: string,
  split: (typeof SPLITS)[number],
  known: TrainedOn | null,
  seed: number,
): Uint32Array {
  if (split === 'all') return everyNumber(dataset.train.count + dataset.test.count);
  if (split === 'standard' && dataset.test.count === 0)
    throw new InputError(
      `${data}: no test images, as it has no test/; --split all attacks every image, --split shuffled a fifth of them`,
    );
  const divided = split === 'shuffled' && known !== null ? known : { train: null, test: null };
  return splitNumbers(dataset, { ...divided, split }, known?.seed ?? seed).test;
}

function defaultSamples({ labels }: Split, classes: number): number {
  if (classes > DEFAULT_SAMPLES) return DEFAULT_SAMPLES;
  const scarcest = Math.min(...classCounts(labels, classes));
  return classes * Math.max(1, Math.min(Math.floor(DEFAULT_SAMPLES / classes), scarcest));
}

function trainingImages(attacked: readonly number[], { numbers }: Parts): string[] {
  const trained = new Set(numbers.train);
  const count = attacked.filter((number) => trained.has(number)).length;
  if (count === 0) return [];
  return [
    `the model was trained on ${count} of these ${attacked.length} images: accuracy on them tells nothing of others (without --split it is attacked on its test images)`,
  ];
}

/** A warning where a model is no better than guessing, before any attack: the one-sided exact binomial test. */
export function guessing({ records, cleanAccuracy }: AttackOutcome, labels: Int32Array): string[] {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const chance = Math.max(...counts.values()) / labels.length;
  const right = records.filter(({ misclassifiedBefore }) => !misclassifiedBefore).length;
  const { better, p } = betterThanChance(right, labels.length, chance);
  if (better || counts.size < 2) return [];
  return [
    `clean accuracy ${percent(cleanAccuracy)} is no better than guessing, ${percent(chance)} (p ${p.toPrecision(2)}): are these the images, the size and the normalisation that the model was trained with?`,
  ];
}

/** Says how the data set at hand differs from the one that the model was trained on. */
function otherImages(known: TrainedOn, here: TrainedOn): string {
  const [before, now] = [known, here].map(describeImages);
  if (before === now)
    return `${nameOf(here.source, { name: here.dataset })}: other images than when the model was trained: some that are attacked may be among those that it was trained on`;
  return `the model was trained on ${before}, and is attacked on ${now}`;
}

const SHOWN_NAMES = 3;

function describeImages({ source, dataset, shape: [channels, height, width], classes, classNames }: TrainedOn): string {
  const names = classNames?.slice(0, SHOWN_NAMES).join(', ');
  const more = classes > SHOWN_NAMES ? ', …' : '';
  const size = `${width} x ${height} ${channels === 1 ? 'in grey' : 'in colour'}`;
  return `${nameOf(source, { name: dataset })} (${classes} classes${names === undefined ? '' : `: ${names}${more}`}; ${size})`;
}
