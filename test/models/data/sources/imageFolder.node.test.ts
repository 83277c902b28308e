import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { loadImageFolder } from '../../../../src/models/data/sources/imageFolder.node.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-images-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** All pixels of one shade, in colour with 1 and 2 added. */
function image(shade: number, { width = 4, height = 2, channels = 1 } = {}): Uint8Array {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => shade + (i % channels));
  return encode({ width, height, channels, data });
}

it('classes are the folders in sorted order, images follow by name', async () => {
  await put('zebra/2.png', image(20));
  await put('zebra/10.PNG', image(10));
  await put('Ant/a.png', image(30));
  await put('bee/b.png', image(40));
  await put('.cache/x', 'passed over');
  await put('bee/.DS_Store', 'passed over');
  const dataset = await loadImageFolder(folder);
  expect(dataset).toMatchObject({ name: 'folder', classes: 3, channels: 1, height: 2, width: 4 });
  // Capitals first and 10 before 2, as Python sorts.
  expect(dataset.classNames).toEqual(['Ant', 'bee', 'zebra']);
  expect([...dataset.train.labels]).toEqual([0, 1, 2, 2]);
  expect([...dataset.train.images]).toEqual([30, 40, 10, 20].flatMap((shade) => new Array(8).fill(shade)));
  expect(dataset.test).toEqual({ images: new Uint8Array(), labels: new Uint8Array(), count: 0 });
});

it('train/ and test/ are the two splits; colours lie one after the other', async () => {
  await put('train/a/1.png', image(1, { channels: 3 }));
  await put('train/b/1.png', image(5, { channels: 3 }));
  await put('test/b/1.png', image(9, { channels: 3 }));
  await put('test/a/1.png', image(7, { channels: 3 }));
  const { train, test, channels } = await loadImageFolder(folder);
  expect([channels, train.count, test.count]).toEqual([3, 2, 2]);
  expect([...train.images.subarray(24)]).toEqual([5, 6, 7].flatMap((shade) => new Array(8).fill(shade)));
  expect([...test.labels]).toEqual([0, 1]);
  expect(test.images[0]).toBe(7);
});

it('a class may be called train, test or val: it holds images, a part holds folders', async () => {
  for (const name of ['car', 'test', 'train', 'val']) await put(`${name}/1.png`, image(1));
  const dataset = await loadImageFolder(folder);
  expect([dataset.classNames, dataset.train.count, dataset.test.count]).toEqual([
    ['car', 'test', 'train', 'val'],
    4,
    0,
  ]);
});

it.each(['val', 'validation'])(
  '%s/ is the part for testing where there is no test/, as timm and ImageNet have it',
  async (part) => {
    await put('train/a/1.png', image(1));
    await put('train/train/1.png', image(2));
    await put(`${part}/a/1.png`, image(3));
    await put(`${part}/train/1.png`, image(4));
    await put('README.md', 'passed over beside the parts');
    const { train, test, classNames } = await loadImageFolder(folder);
    expect([classNames, train.count, test.count, test.images[0]]).toEqual([['a', 'train'], 2, 2, 3]);
    await put('test/a/1.png', image(5));
    await put('test/train/1.png', image(6));
    expect((await loadImageFolder(folder)).test.images[0]).toBe(5);
  },
);

it('grey images become colours where others are in colour, as PIL converts them', async () => {
  await put('train/a/1.png', image(1, { width: 1, height: 1 }));
  await put('test/a/1.png', image(5, { width: 1, height: 1, channels: 3 }));
  const { channels, train, test } = await loadImageFolder(folder);
  expect([channels, [...train.images], [...test.images]]).toEqual([3, [1, 1, 1], [5, 6, 7]]);
});

it('images of any size are resized, then cropped', async () => {
  await put('a/1.png', image(10, { width: 40, height: 20 }));
  await put(
    'a/2.jpeg',
    await sharp(Buffer.from(image(30, { width: 6, height: 9 })))
      .toColourspace('b-w')
      .jpeg()
      .toBuffer(),
  );
  const { height, width, train } = await loadImageFolder(folder, { resize: 8, crop: 5 });
  expect([height, width]).toEqual([5, 5]);
  // Of one shade before, of one shade after.
  expect([...train.images]).toEqual([...new Array(25).fill(10), ...new Array(25).fill(30)]);
  await expect(loadImageFolder(folder, { resize: 8 })).rejects.toThrow(
    `${folder}/a/2.jpeg: 8 x 12 pixels when resized, but ${folder}/a/1.png has 16 x 8: --crop as well as --resize 8 brings them`,
  );
  expect(await loadImageFolder(folder, { crop: 50 })).toMatchObject({ height: 50, width: 50 });
});

it('refuses to make a long, narrow image too large', async () => {
  await put('a/1.png', image(1, { width: 4000, height: 1 }));
  await expect(loadImageFolder(folder, { resize: 300 })).rejects.toThrow(
    `${folder}/a/1.png: 4000 x 1 pixels, with 300 on the shorter side 1200000 x 300: at most 4096 x 4096 pixels in all are made`,
  );
});

it('reads more images than it opens at once', async () => {
  for (let i = 0; i < 130; i++) await put(`a/${String(i).padStart(3, '0')}.png`, image(i));
  const { train } = await loadImageFolder(folder);
  expect(Array.from({ length: 130 }, (_, i) => train.images[8 * i])).toEqual(Array.from({ length: 130 }, (_, i) => i));
});

it.each<[string, Record<string, Uint8Array | string>, string]>([
  [
    'images of two sizes',
    { 'a/1.png': image(0), 'b/2.png': image(0, { width: 3 }) },
    'b/2.png: 3 x 2 pixels, but {}/a/1.png has 4 x 2: --resize and --crop bring them to one size (resize, crop in a study file)',
  ],
  [
    'images of two sizes, in train/ and test/',
    { 'train/a/1.png': image(0), 'test/a/1.png': image(0), 'test/a/2.png': image(0, { height: 3 }) },
    'test/a/2.png: 4 x 3 pixels, but {}/train/a/1.png has 4 x 2: --resize and --crop bring them to one size',
  ],
  ['a file that is no image', { 'a/1.png': 'JFIF' }, 'a/1.png: neither a PNG nor a JPEG image'],
  [
    'another kind of file',
    { 'a/1.gif': '' },
    'a/1.gif: not called .png, .jpg or .jpeg: only PNG and JPEG images are read',
  ],
  ['a file among the classes', { 'a/1.png': image(0), 'notes.txt': '' }, 'notes.txt: a file among the folders of the'],
  [
    'train alone',
    { 'train/a/1.png': image(0) },
    ': has train/ with folders of classes and none of test/, val/, validation/: it must hold both parts, or the classes themselves',
  ],
  [
    'a class that is not trained',
    { 'train/a/1.png': image(0), 'test/b/1.png': image(0) },
    'test/b: no class of this name in train/',
  ],
])('refuses %s, naming it', async (_, files, message) => {
  for (const [path, content] of Object.entries(files)) await put(path, content);
  const whole = `${folder}${message.startsWith(':') ? '' : '/'}${message.replace('{}', folder)}`;
  await expect(loadImageFolder(folder)).rejects.toThrow(InputError);
  await expect(loadImageFolder(folder)).rejects.toThrow(whole);
});

it('refuses empty folders and folders that are not there', async () => {
  await expect(loadImageFolder(folder)).rejects.toThrow(
    new InputError(`${folder}: empty: it must hold a folder of images for each class`),
  );
  await mkdir(join(folder, 'a'));
  await expect(loadImageFolder(folder)).rejects.toThrow(new InputError(`${folder}/a: a class without images`));
  await expect(loadImageFolder(join(folder, 'none'))).rejects.toThrow(
    new InputError(`cannot read ${folder}/none: no such file or folder`),
  );
});

it('refuses more classes than labels have values', async () => {
  for (let i = 0; i < 257; i++) await mkdir(join(folder, String(i)));
  await expect(loadImageFolder(folder)).rejects.toThrow(`${folder}: 257 classes, at most 256 are supported`);
});
