import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { loadCifar10, loadCifar100 } from '../../../../src/models/data/sources/cifar.node.ts';
import { CIFAR10, CIFAR100, parseCifar } from '../../../../src/models/data/sources/cifar.ts';
import { cifarPixel, cifarRecord } from '../../../support/cifarFiles.ts';

const first = { file: 'first', bytes: Uint8Array.from([...cifarRecord([3], 0), ...cifarRecord([9], 1)]) };
const second = { file: 'second', bytes: Uint8Array.from(cifarRecord([0], 2)) };

describe('parseCifar', () => {
  it('reads CIFAR-10 records of several files in order, channel by channel', () => {
    const { images, labels, count } = parseCifar([first, second], CIFAR10);
    expect(count).toBe(3);
    expect([...labels]).toEqual([3, 9, 0]);
    expect(images.length).toBe(3 * 3072);
    for (const [image, channel, row, column] of [
      [0, 0, 0, 0],
      [1, 2, 31, 31],
      [2, 1, 5, 17],
    ]) {
      const at = ((image * 3 + channel) * 32 + row) * 32 + column;
      expect(images[at]).toBe(cifarPixel(image, channel, row, column));
    }
  });

  it('takes the fine label of CIFAR-100', () => {
    const bytes = Uint8Array.from([...cifarRecord([19, 99], 0), ...cifarRecord([4, 0], 1)]);
    const { images, labels } = parseCifar([{ file: 'train.bin', bytes }], CIFAR100);
    expect([...labels]).toEqual([99, 0]);
    expect([images[0], images[3072]]).toEqual([cifarPixel(0, 0, 0, 0), cifarPixel(1, 0, 0, 0)]);
  });

  it.each([
    [
      'a truncated file',
      first.bytes.subarray(0, 5000),
      CIFAR10,
      'f: truncated or not cifar10: 5000 bytes, should be a multiple of 3073 (1927 left over)',
    ],
    ['an empty file', first.bytes.subarray(0, 0), CIFAR100, 'f: empty: should hold cifar100 records of 3074 bytes'],
    [
      'a label out of range',
      Uint8Array.from([...cifarRecord([3], 0), ...cifarRecord([10], 1)]),
      CIFAR10,
      'f: record 1: label is 10, should be 0 to 9',
    ],
    [
      'a coarse label out of range',
      Uint8Array.from(cifarRecord([20, 1], 0)),
      CIFAR100,
      'f: record 0: coarse label is 20, should be 0 to 19',
    ],
    [
      'a fine label out of range',
      Uint8Array.from(cifarRecord([1, 100], 0)),
      CIFAR100,
      'f: record 0: fine label is 100, should be 0 to 99',
    ],
  ])('refuses %s', (_, bytes, format, message) => {
    expect(() => parseCifar([{ file: 'f', bytes }], format)).toThrow(new InputError(message));
  });

  it('answers any length and any label with a split or an InputError', () => {
    const lengths = fc.oneof(
      fc.nat(7000),
      fc.nat(2).map((records) => records * 3073),
    );
    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 255 }), (length, label) => {
        const bytes = new Uint8Array(length).fill(label);
        const isRight = length > 0 && length % 3073 === 0 && label < 10;
        if (isRight) expect(parseCifar([{ file: 'f', bytes }], CIFAR10).count).toBe(length / 3073);
        else expect(() => parseCifar([{ file: 'f', bytes }], CIFAR10)).toThrow(InputError);
      }),
    );
  });
});

describe('loaders', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-cifar-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('loads every CIFAR-10 training batch, in the order of their numbers', async () => {
    await writeFile(join(folder, 'data_batch_10.bin'), second.bytes);
    await writeFile(join(folder, 'data_batch_2.bin'), first.bytes);
    await writeFile(join(folder, 'test_batch.bin'), second.bytes);
    await writeFile(join(folder, 'batches.meta.txt'), 'airplane');
    const dataset = await loadCifar10(folder);
    expect(dataset).toMatchObject({ name: 'cifar10', classes: 10, channels: 3, height: 32, width: 32 });
    expect([...dataset.train.labels]).toEqual([3, 9, 0]);
    expect([...dataset.test.labels]).toEqual([0]);
  });

  it('loads CIFAR-100', async () => {
    await writeFile(join(folder, 'train.bin'), Uint8Array.from(cifarRecord([1, 42], 0)));
    await writeFile(join(folder, 'test.bin'), Uint8Array.from([...cifarRecord([1, 7], 0), ...cifarRecord([2, 8], 1)]));
    const dataset = await loadCifar100(folder);
    expect(dataset).toMatchObject({ name: 'cifar100', classes: 100, train: { count: 1 }, test: { count: 2 } });
    expect([...dataset.test.labels]).toEqual([7, 8]);
  });

  it('names what is missing', async () => {
    await expect(loadCifar10(join(folder, 'none'))).rejects.toThrow(
      new InputError(`cannot read ${join(folder, 'none')}: no such file or folder`),
    );
    await expect(loadCifar10(folder)).rejects.toThrow(
      new InputError(`${folder}: no data_batch_1.bin: it must hold the binary version of CIFAR-10`),
    );
    await expect(loadCifar100(folder)).rejects.toThrow(
      new InputError(`cannot read ${join(folder, 'test.bin')}: no such file or folder`),
    );
  });
});
