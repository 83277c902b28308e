import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cifar10 } from '../../../../src/models/data/datasets/cifar10.ts';
import { loadDataset } from '../../../../src/models/data/load.node.ts';
import { cifarFile } from '../../../support/cifarFiles.ts';

// What its page says: https://www.cs.toronto.edu/~kriz/cifar.html.
test('the images, the archive and its sum are those of the page of CIFAR', () => {
  expect(cifar10.counts).toEqual({ train: Array(10).fill(5000), test: Array(10).fill(1000) });
  expect(cifar10.archive).toEqual({
    url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    md5: 'c32a1d4ab5d03f1284b67883e8d87530',
    folder: 'cifar-10-batches-bin',
  });
});

test('files of the format have images of the declared shape, and the declared classes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-cifar10-'));
  try {
    for (const name of ['data_batch_1.bin', 'test_batch.bin']) await writeFile(join(folder, name), cifarFile([[9]]));
    const { train, channels, height, width, classes } = await loadDataset({ name: 'cifar10' }, { dataDir: folder });
    expect([channels, height, width]).toEqual(cifar10.image);
    expect([train.labels[0], classes]).toEqual([9, cifar10.counts.train.length]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
