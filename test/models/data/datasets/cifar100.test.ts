import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cifar100 } from '../../../../src/models/data/datasets/cifar100.ts';
import { loadDataset } from '../../../../src/models/data/load.node.ts';
import { cifarFile } from '../../../support/cifarFiles.ts';

// What its page says: https://www.cs.toronto.edu/~kriz/cifar.html.
test('the images, the archive and its sum are those of the page of CIFAR', () => {
  expect(cifar100.counts).toEqual({ train: Array(100).fill(500), test: Array(100).fill(100) });
  expect(cifar100.archive).toEqual({
    url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
    md5: '03b5dce01913d631647c71ecec9e9cb8',
    folder: 'cifar-100-binary',
  });
});

test('files of the format have images of the declared shape, and the declared classes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-cifar100-'));
  try {
    for (const name of ['train.bin', 'test.bin']) await writeFile(join(folder, name), cifarFile([[19, 99]]));
    const { train, channels, height, width, classes } = await loadDataset({ name: 'cifar100' }, { dataDir: folder });
    expect([channels, height, width]).toEqual(cifar100.image);
    expect([train.labels[0], classes]).toEqual([99, cifar100.counts.train.length]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
