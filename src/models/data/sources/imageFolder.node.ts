/** A data set of one's own: PNG and JPEG images in a folder for each class, as torchvision's ImageFolder has them. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../../base/errors.ts';
import { explainFileError, readBytes } from '../../../base/files.node.ts';
import { centreCrop } from '../centreCrop.ts';
import type { Dataset, ImageSize, Split } from '../dataset.ts';
import type { ClassCounts } from '../datasets/defineDataset.ts';
import { decodeImage } from '../decodeImage.node.ts';
import { type Image, inColour, LONGEST_SIDE } from '../image.ts';
import { resize, resizedSize } from '../resize.ts';
import { classCounts } from '../sampling.ts';
import { folderParts } from './folderParts.node.ts';

/** Labels are bytes. */
const MOST_CLASSES = 256;
const FILES_AT_ONCE = 64;

interface Listed {
  readonly classes: readonly string[];
  readonly files: readonly { readonly path: string; readonly label: number }[];
}

/** What every image must agree with, and the file that has it. */
type First = Pick<Image, 'height' | 'width'> & { readonly path: string };

/**
 * Loads a folder of PNG and JPEG images: `FOLDER/CLASS/*`, or `FOLDER/train/CLASS/*` with `FOLDER/test/CLASS/*` or
 * `FOLDER/val/CLASS/*` (`folderParts`). Classes are the names of the folders, in sorted order; so are the images of a
 * class. Undivided, all images are for training and none for testing: `splitDataset` divides them. Names that begin
 * with a dot are passed over. Images have one channel where all are grey, otherwise three.
 * @param size what the images are brought to; as they are when left out
 * @throws InputError that names the file or folder: not an image, another size than the first image, a class without images
 */
export async function loadImageFolder(folder: string, size: ImageSize = {}): Promise<Dataset> {
  const { train, test } = await listFolder(folder);
  const first = { ...(await readImage(train.files[0].path, size)), path: train.files[0].path };
  const forTraining = await readImages(train, size, first);
  const forTesting = test === null ? [] : await readImages(test, size, first);
  const channels = [...forTraining, ...forTesting].some((image) => image.channels === 3) ? 3 : 1;
  return {
    name: 'folder',
    classes: train.classes.length,
    classNames: train.classes,
    channels,
    height: first.height,
    width: first.width,
    train: splitOf(forTraining, train, channels),
    test: splitOf(forTesting, test, channels),
  };
}

/**
 * How many images `loadImageFolder` would find in each class, without reading them.
 * @throws InputError as it does, but for what is in the images
 */
export async function countImages(folder: string): Promise<ClassCounts> {
  const { train, test } = await listFolder(folder);
  const counts = ({ files }: Pick<Listed, 'files'>) =>
    classCounts(
      Uint8Array.from(files, ({ label }) => label),
      train.classes.length,
    );
  return { train: counts(train), test: counts(test ?? { files: [] }) };
}

/** The images of both parts; null where all are for training. */
async function listFolder(folder: string): Promise<{ readonly train: Listed; readonly test: Listed | null }> {
  const parts = await folderParts(folder);
  const train = await listImages(parts.train);
  return { train, test: parts.test === null ? null : await listImages(parts.test, train.classes) };
}

/** @param known the classes that there must be; those that are found when left out */
async function listImages(folder: string, known?: readonly string[]): Promise<Listed> {
  const found = await visibleNames(folder);
  const classes = known ?? found;
  const unknown = found.find((name) => !classes.includes(name));
  if (unknown !== undefined) throw new InputError(`${join(folder, unknown)}: no class of this name in train/`);
  if (classes.length === 0) throw new InputError(`${folder}: empty: it must hold a folder of images for each class`);
  if (classes.length > MOST_CLASSES)
    throw new InputError(`${folder}: ${classes.length} classes, at most ${MOST_CLASSES} are supported`);
  const files: { path: string; label: number }[] = [];
  for (const [label, name] of classes.entries()) {
    const path = join(folder, name);
    if (existsSync(path) && !(await stat(path)).isDirectory())
      throw new InputError(`${path}: a file among the folders of the classes`);
    const images = await visibleNames(path);
    if (images.length === 0) throw new InputError(`${path}: a class without images`);
    const stranger = images.find((image) => !/\.(png|jpe?g)$/i.test(image));
    if (stranger !== undefined)
      throw new InputError(
        `${join(path, stranger)}: not called .png, .jpg or .jpeg: only PNG and JPEG images are read`,
      );
    files.push(...images.map((image) => ({ path: join(path, image), label })));
  }
  return { classes, files };
}

/** Sorted by UTF-16 units, so that the order is the same everywhere. */
async function visibleNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw explainFileError(error, 'read', folder);
  });
  return names.filter((name) => !name.startsWith('.')).sort();
}

async function readImage(path: string, { resize: side, crop }: ImageSize): Promise<Image> {
  const stored = await decodeImage(await readBytes(path), path);
  const resized = side === undefined ? stored : resizedWithin(stored, side, path);
  return crop === undefined ? resized : centreCrop(resized, crop);
}

/** @throws InputError when a long, narrow image would become too large */
function resizedWithin(image: Image, side: number, path: string): Image {
  const { height, width } = resizedSize(image, side);
  if (height * width > LONGEST_SIDE ** 2)
    throw new InputError(
      `${path}: ${image.width} x ${image.height} pixels, with ${side} on the shorter side ${width} x ${height}: at most ${LONGEST_SIDE} x ${LONGEST_SIDE} pixels in all are made`,
    );
  return resize(image, side);
}

async function readImages({ files }: Listed, size: ImageSize, first: First): Promise<Image[]> {
  const images: Image[] = [];
  for (let start = 0; start < files.length; start += FILES_AT_ONCE) {
    const group = files.slice(start, start + FILES_AT_ONCE);
    const read = await Promise.all(group.map(({ path }) => readImage(path, size)));
    const other = read.findIndex(({ height, width }) => height !== first.height || width !== first.width);
    if (other !== -1) throw new InputError(describeMismatch({ ...read[other], path: group[other].path }, first, size));
    images.push(...read);
  }
  return images;
}

function describeMismatch(other: First, first: First, { resize: side }: ImageSize): string {
  const sizeOf = ({ width, height }: First) => `${width} x ${height}`;
  const flags =
    side === undefined ? '--resize and --crop bring them' : `--crop as well as --resize ${side} brings them`;
  const when = side === undefined ? '' : ' when resized';
  return `${other.path}: ${sizeOf(other)} pixels${when}, but ${first.path} has ${sizeOf(first)}: ${flags} to one size (resize, crop in a study file)`;
}

/** @param listed null where there are no images */
function splitOf(read: readonly Image[], listed: Listed | null, channels: 1 | 3): Split {
  const bytes = read.length === 0 ? 0 : channels * read[0].height * read[0].width;
  const images = new Uint8Array(read.length * bytes);
  for (const [i, image] of read.entries()) images.set((channels === 3 ? inColour(image) : image).pixels, i * bytes);
  const labels = Uint8Array.from(listed?.files ?? [], ({ label }) => label);
  return { images, labels, count: read.length };
}
