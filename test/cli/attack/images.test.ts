import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AttackOutcome } from '../../../src/analysis/robustness/attacks/run/attack.ts';
import { InputError } from '../../../src/base/errors.ts';
import { chooseImages, guessing } from '../../../src/cli/attack/images.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/models/checkpoint/safetensors.ts';
import { loadDataset } from '../../../src/models/data/load.node.ts';
import { partsOf, type Recipe } from '../../../src/models/data/recipe.ts';
import { resnet } from '../../../src/models/network/families/resnet.ts';
import { fromCheckpoint, toCheckpoint } from '../../../src/models/network/savedModel.ts';
import { initialWeights } from '../../../src/models/network/weights.ts';
import { type TrainedOn, trainedOn } from '../../../src/models/training/trainedOn.ts';
import { cifarFile } from '../../support/cifarFiles.ts';

const PER_CLASS = 10;
const CLASSES = ['five', 'three'];

let scratch: string;
let folder: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'outlast-images-'));
  folder = join(scratch, 'digits');
  await writeImages(folder, PER_CLASS);
});
afterAll(() => rm(scratch, { recursive: true }));

/** A flat folder; every pixel of an image is its number in the data set. */
async function writeImages(path: string, perClass: number) {
  for (const [label, name] of CLASSES.entries()) {
    await mkdir(join(path, name), { recursive: true });
    for (let i = 0; i < perClass; i++) {
      const data = new Uint8Array(16).fill(label * perClass + i);
      await writeFile(
        join(path, name, `${String(i).padStart(2, '0')}.png`),
        encode({ width: 4, height: 4, channels: 1, data }),
      );
    }
  }
}

const recipeOf = (path: string, more: Partial<Recipe> = {}): Recipe => ({
  source: { name: 'folder', path },
  ...{ split: 'shuffled', train: null, test: null, validation: 0 },
  ...more,
});

/** A model that was trained on a data set, as a file would give it back. */
async function trained(recipe: Recipe, seed: number, dataDir?: string) {
  const whole = await loadDataset(recipe.source, { dataDir });
  const options = { depth: 18, width: 1, inChannels: whole.channels, classes: whole.classes } as const;
  const images = await trainedOn(whole, recipe, seed);
  const bytes = encodeSafetensors(toCheckpoint(options, initialWeights(resnet(options), 1), images));
  const { trainedOn: known } = fromCheckpoint(decodeSafetensors(bytes, 'model'), 'model');
  return { channels: whole.channels, classes: whole.classes, images: null, trainedOn: known };
}

/** The number of every image that is attacked, as its pixels tell it. */
const numbersShown = ({ samples }: Awaited<ReturnType<typeof chooseImages>>) =>
  Array.from(samples.labels, (_, i) => Math.round(255 * samples.images[16 * i]));

const shown = (chosen: Awaited<ReturnType<typeof chooseImages>>) => numbersShown(chosen).sort((a, b) => a - b);

const flags = { checkpoint: 'model', seed: 7 };

test('the checkpoint remembers data set, split, seed, size and the names of the classes', async () => {
  const { trainedOn: known } = await trained(recipeOf(folder, { validation: 2 }), 3);
  expect(known).toMatchObject({
    ...{ source: { name: 'folder', path: folder }, split: 'shuffled', train: null, test: null, validation: 2, seed: 3 },
    ...{ shape: [1, 4, 4], classes: 2, classNames: CLASSES },
  });
});

test('a flat folder: the test images of the training are attacked, whatever the seed of the attack', async () => {
  const recipe = recipeOf(folder);
  const saved = await trained(recipe, 3);
  const { numbers } = partsOf(await loadDataset(recipe.source), recipe, 3);
  const chosen = await chooseImages(flags, saved);
  expect(chosen).toMatchObject({ data: folder, split: 'shuffled', warnings: [] });
  expect(shown(chosen)).toEqual([...numbers.test].sort((a, b) => a - b));
  // A flat folder is all training images as published.
  expect(chosen.places).toEqual(numbersShown(chosen).map((index) => ({ split: 'train', index })));
  expect(chosen.dataset.classNames).toEqual(CLASSES);
});

test('--split all: every image, with a warning of those that the model was trained on, counted', async () => {
  const chosen = await chooseImages({ ...flags, split: 'all' }, await trained(recipeOf(folder), 3));
  expect(shown(chosen)).toEqual(Array.from({ length: 2 * PER_CLASS }, (_, i) => i));
  // 80 % of 20, as scikit-learn's train_test_split(test_size=0.2).
  expect(chosen.warnings).toEqual([expect.stringMatching(/^the model was trained on 16 of these 20 images/)]);
});

test('images that are held out for validation are no training images', async () => {
  const chosen = await chooseImages({ ...flags, split: 'all' }, await trained(recipeOf(folder, { validation: 4 }), 3));
  expect(chosen.warnings).toEqual([expect.stringMatching(/^the model was trained on 12 of these 20 images/)]);
});

test('the images have changed since: said, as they are divided otherwise now', async () => {
  const path = join(scratch, 'grown');
  await writeImages(path, PER_CLASS);
  const saved = await trained(recipeOf(path), 3);
  await writeImages(path, PER_CLASS + 1);
  const { warnings } = await chooseImages(flags, saved);
  expect(warnings).toEqual([expect.stringContaining(`${path}: other images than when the model was trained`)]);
});

test('another data set: said, with names and sizes of both', async () => {
  const other = join(scratch, 'other');
  await writeImages(other, 2);
  const saved = await trained(recipeOf(folder), 3);
  const { warnings } = await chooseImages({ ...flags, data: other, split: 'all' }, saved);
  expect(warnings).toEqual([
    `the model was trained on ${folder} (2 classes: five, three; 4 x 4 in grey), and is attacked on ${other} (2 classes: five, three; 4 x 4 in grey)`,
  ]);
  await expect(chooseImages({ ...flags, data: other }, saved)).rejects.toThrow(
    `${other}: no test images, as it has no test/; --split all attacks every image, --split shuffled a fifth of them`,
  );
});

test('a folder that is gone: the message says whose it was', async () => {
  const path = join(scratch, 'gone');
  await writeImages(path, 2);
  const saved = await trained(recipeOf(path), 3);
  await rm(path, { recursive: true });
  await expect(chooseImages(flags, saved)).rejects.toThrow(
    `(what model was trained on, then in ${path}; --data names another place)`,
  );
});

test('a folder of images is found from elsewhere, too: where it lay when the model was trained', async () => {
  const saved = await trained(recipeOf(folder), 3);
  const there = await chooseImages(flags, saved);
  // As it was called from another folder, in which this path leads nowhere.
  const known = { ...(saved.trainedOn as TrainedOn), source: { name: 'folder', path: './digits' } as const };
  const chosen = await chooseImages(flags, { ...saved, trainedOn: known });
  expect(chosen).toMatchObject({ data: folder, split: 'shuffled', warnings: [] });
  expect(chosen.places).toEqual(there.places);
});

/** Ten images for training and ten for testing, a pair of each class, in the format of CIFAR-10. */
async function writeCifar(path: string) {
  const labels = Array.from({ length: 10 }, (_, label) => [label]);
  await mkdir(path);
  await writeFile(join(path, 'data_batch_1.bin'), cifarFile(labels));
  await writeFile(join(path, 'test_batch.bin'), cifarFile(labels, 10));
}

const cifar10 = { source: { name: 'cifar10' }, split: 'standard', train: null, test: null, validation: 0 } as const;

test('official files in a folder of one’s own: the attack reads the same, without --data-dir', async () => {
  const files = join(scratch, 'cifar-files');
  await writeCifar(files);
  const saved = await trained(cifar10, 3, files);
  const chosen = await chooseImages(flags, saved);
  expect(chosen).toMatchObject({ data: 'cifar10', split: 'standard', warnings: [] });
  expect(chosen.dataset.test.count).toBe(10);

  const moved = join(scratch, 'cifar-moved');
  await rename(files, moved);
  await expect(chooseImages(flags, saved)).rejects.toThrow(
    new InputError(
      `model: was trained on the files of cifar10 in ${files}, which is not there; --data-dir names their folder, and --data cifar10 takes the published ones`,
    ),
  );
  await expect(chooseImages({ ...flags, dataDir: join(scratch, 'nowhere') }, saved)).rejects.toThrow(
    `(what model was trained on, then in ${files}; --data-dir names another place)`,
  );
  expect((await chooseImages({ ...flags, dataDir: moved }, saved)).places).toEqual(chosen.places);
});

test('other files than a name stands for, and nobody knows where: refused, not MNIST in their place', async () => {
  const images = await trainedOn(await loadDataset({ name: 'mnist' }), { ...cifar10, source: { name: 'mnist' } }, 0);
  const options = { depth: 18, width: 1, inChannels: 1, classes: 10 } as const;
  const weights = initialWeights(resnet(options), 1);
  const saved = fromCheckpoint(toCheckpoint(options, weights, { ...images, dataset: 'kmnist' }), 'model');
  await expect(chooseImages(flags, { ...saved, channels: 1, classes: 10, images: null })).rejects.toThrow(
    new InputError(
      'model: was trained on kmnist, and does not tell where its files are; --data-dir names their folder, --data another data set',
    ),
  );
});

// R: binom.test(r, 20, 0.5, alternative = "greater")$p.value is 0.02069473 for 15 of 20 and 0.05765915 for 14.
test.each([
  [15, []],
  [14, [expect.stringMatching(/^clean accuracy 70\.0 % is no better than guessing, 50\.0 % \(p 0\.058\)/)]],
] as const)('%i of 20 right in two classes', (right, warnings) => {
  const records = Array.from({ length: 20 }, (_, i) => ({ misclassifiedBefore: i >= right }));
  const outcome = { records, cleanAccuracy: right / 20 } as unknown as AttackOutcome;
  expect(
    guessing(
      outcome,
      Int32Array.from(records, (_, i) => i % 2),
    ),
  ).toEqual(warnings);
});
