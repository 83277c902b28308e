/** CIFAR-10 and CIFAR-100 from the folder that their binary archives unpack to. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../../base/errors.ts';
import { explainFileError, readBytes } from '../../../base/files.node.ts';
import type { Dataset, Split } from '../dataset.ts';
import { CIFAR_CHANNELS, CIFAR_SIDE, CIFAR10, CIFAR100, type CifarFormat, parseCifar } from './cifar.ts';

/** A file of this name says that the others are not the data set's own. */
const GENERATED = 'GENERATED.txt';

async function readSplit(dataDir: string, names: readonly string[], format: CifarFormat): Promise<Split> {
  const paths = names.map((name) => join(dataDir, name));
  const files = await Promise.all(paths.map(async (path) => ({ file: path, bytes: await readBytes(path) })));
  return parseCifar(files, format);
}

async function load(
  dataDir: string,
  trainFiles: readonly string[],
  testFile: string,
  format: CifarFormat,
): Promise<Dataset> {
  return {
    name: format.name,
    ...(existsSync(join(dataDir, GENERATED)) ? { generated: true as const } : {}),
    classes: format.labels[format.labels.length - 1].classes,
    channels: CIFAR_CHANNELS,
    height: CIFAR_SIDE,
    width: CIFAR_SIDE,
    test: await readSplit(dataDir, [testFile], format),
    train: await readSplit(dataDir, trainFiles, format),
  };
}

/** The training batches in a folder, in the order of their numbers. */
async function trainingBatches(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir).catch((error: unknown) => {
    throw explainFileError(error, 'read', dataDir);
  });
  const numbers = names
    .map((name) => /^data_batch_(\d+)\.bin$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .sort((a, b) => Number(a) - Number(b));
  if (numbers.length === 0) {
    throw new InputError(`${dataDir}: no data_batch_1.bin: it must hold the binary version of CIFAR-10`);
  }
  return numbers.map((number) => `data_batch_${number}.bin`);
}

/**
 * Loads CIFAR-10: test_batch.bin, and for training every data_batch_N.bin there is, in the order of N.
 * @throws InputError when a file is missing, truncated or holds a label out of range.
 */
export async function loadCifar10(dataDir: string): Promise<Dataset> {
  return load(dataDir, await trainingBatches(dataDir), 'test_batch.bin', CIFAR10);
}

/**
 * Loads CIFAR-100 with its fine labels: train.bin and test.bin.
 * @throws InputError when a file is missing, truncated or holds a label out of range.
 */
export async function loadCifar100(dataDir: string): Promise<Dataset> {
  return load(dataDir, ['train.bin'], 'test.bin', CIFAR100);
}
