/** A data set of one's own: PNG images in a folder for each class, as torchvision's ImageFolder has them. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../engine/errors.ts';
import { explainFileError, readBytes } from '../../engine/platform/files.node.ts';
import type { Dataset, Split } from './dataset.ts';
import { decodePng, type Image } from './png.ts';

/** Labels are bytes. */
const MOST_CLASSES = 256;
const FILES_AT_ONCE = 64;

interface Listed {
  readonly classes: readonly string[];
  readonly files: readonly { readonly path: string; readonly label: number }[];
}

type Size = Pick<Image, 'channels' | 'height' | 'width'>;

/**
 * Loads a folder of images: `FOLDER/CLASS/*.png`, or `FOLDER/train/CLASS/*.png` with `FOLDER/test/CLASS/*.png`. Classes are the names of
 * the folders, in sorted order; so are the images of a class. Without train/ and test/ all images are for training and none for testing:
 * `splitDataset` divides them. Names that begin with a dot are passed over.
 * @throws InputError that names the file or folder: not a PNG, another size than the first image, a class without images
 */
export async function loadImageFolder(folder: string): Promise<Dataset> {
  const parts = ['train', 'test'].filter((part) => existsSync(join(folder, part)));
  if (parts.length === 1)
    throw new InputError(
      `${folder}: has ${parts[0]}/ alone: it must hold both train/ and test/, or the classes themselves`,
    );
  const train = await listImages(parts.length === 0 ? folder : join(folder, 'train'));
  const test = parts.length === 0 ? null : await listImages(join(folder, 'test'), train.classes);
  const first = await readImage(train.files[0].path);
  const { channels, height, width } = first;
  const from = { path: train.files[0].path, channels, height, width };
  return {
    name: 'folder',
    classes: train.classes.length,
    classNames: train.classes,
    channels,
    height,
    width,
    train: await readSplit(train, from),
    test:
      test === null ? { images: new Uint8Array(), labels: new Uint8Array(), count: 0 } : await readSplit(test, from),
  };
}

/** @param known the classes that there must be; those that are found when left out */
async function listImages(folder: string, known?: readonly string[]): Promise<Listed> {
  const found = await visibleNames(folder);
  const classes = known ?? found;
  const unknown = found.find((name) => !classes.includes(name));
  if (unknown !== undefined) throw new InputError(`${join(folder, unknown)}: no class of this name in train/`);
  if (classes.length === 0)
    throw new InputError(`${folder}: empty: it must hold a folder of PNG images for each class`);
  if (classes.length > MOST_CLASSES)
    throw new InputError(`${folder}: ${classes.length} classes, at most ${MOST_CLASSES} are supported`);
  const files: { path: string; label: number }[] = [];
  for (const [label, name] of classes.entries()) {
    const path = join(folder, name);
    if (existsSync(path) && !(await stat(path)).isDirectory())
      throw new InputError(`${path}: a file among the folders of the classes`);
    const images = await visibleNames(path);
    if (images.length === 0) throw new InputError(`${path}: a class without images`);
    const stranger = images.find((image) => !/\.png$/i.test(image));
    if (stranger !== undefined)
      throw new InputError(`${join(path, stranger)}: not called .png: only PNG images are read`);
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

const readImage = async (path: string): Promise<Image> => decodePng(await readBytes(path), path);

/** @param first what every image must agree with, and the file that has it */
async function readSplit({ files }: Listed, first: Size & { readonly path: string }): Promise<Split> {
  const { channels, height, width } = first;
  const size = channels * height * width;
  const images = new Uint8Array(files.length * size);
  for (let start = 0; start < files.length; start += FILES_AT_ONCE) {
    const group = files.slice(start, start + FILES_AT_ONCE);
    const read = await Promise.all(group.map(({ path }) => readImage(path)));
    read.forEach((image, i) => {
      if (describeSize(image) !== describeSize(first))
        throw new InputError(
          `${group[i].path}: ${describeSize(image)}, but ${first.path} has ${describeSize(first)}: all images must agree`,
        );
      images.set(image.pixels, (start + i) * size);
    });
  }
  return { images, labels: Uint8Array.from(files, ({ label }) => label), count: files.length };
}

const describeSize = ({ channels, height, width }: Size): string =>
  `${width} x ${height} pixels ${channels === 1 ? 'in grey' : 'in colour'}`;
