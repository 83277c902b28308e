import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { obtainArchive, unpack } from '../../../../src/models/data/sources/archives.node.ts';
import { loadCifar100 } from '../../../../src/models/data/sources/cifar.node.ts';
import { cifarFile, cifarPixel } from '../../../support/cifarFiles.ts';
import { type Entry, tar } from '../../../support/tarArchive.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'outlast-archives-'));
});
afterEach(async () => {
  await rm(parent, { recursive: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);
/** What the official archive of CIFAR-100 holds, with fewer records. */
const official: readonly Entry[] = [
  { name: 'cifar-100-binary/', type: '5' },
  { name: 'cifar-100-binary/coarse_label_names.txt', content: bytes('aquatic_mammals\n') },
  {
    name: 'cifar-100-binary/train.bin',
    content: cifarFile([
      [1, 42],
      [19, 99],
      [0, 0],
    ]),
  },
  { name: 'cifar-100-binary/test.bin', content: cifarFile([[4, 7]], 50) },
];

describe('obtainArchive', () => {
  let server: Server;
  let requests: number;
  let answer: Uint8Array;
  beforeEach(async () => {
    requests = 0;
    server = createServer((_, response) => {
      requests++;
      response.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const archiveOf = (content: Uint8Array) => ({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cifar-100-binary.tar.gz`,
    md5: createHash('md5').update(content).digest('hex'),
    folder: 'cifar-100-binary',
  });

  it('fetches, unpacks and loads CIFAR-100; the second time nothing is fetched', async () => {
    answer = gzipSync(tar(official));
    const folder = await obtainArchive(archiveOf(answer), join(parent, 'data'));
    expect(folder).toBe(join(parent, 'data', 'cifar-100-binary'));
    expect(await readdir(join(parent, 'data'))).toEqual(['cifar-100-binary']);
    expect((await readdir(folder)).sort()).toEqual(['coarse_label_names.txt', 'test.bin', 'train.bin']);
    const { train, test } = await loadCifar100(folder);
    expect([[...train.labels], [...test.labels]]).toEqual([[42, 99, 0], [7]]);
    expect(test.images[(2 * 32 + 5) * 32 + 9]).toBe(cifarPixel(50, 2, 5, 9));
    await obtainArchive(archiveOf(answer), join(parent, 'data'));
    expect(requests).toBe(1);
  });

  it('asked for by several at once, each gets it', async () => {
    answer = gzipSync(tar(official));
    const all = Array.from({ length: 4 }, () => obtainArchive(archiveOf(answer), join(parent, 'data')));
    expect(new Set(await Promise.all(all))).toEqual(new Set([join(parent, 'data', 'cifar-100-binary')]));
    expect((await loadCifar100(await all[0])).train.count).toBe(3);
    expect((await readdir(join(parent, 'data'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('unpacks an archive that a killed run had fetched', async () => {
    answer = bytes('not asked for');
    await writeFile(join(parent, 'cifar-100-binary.tar.gz'), gzipSync(tar(official)));
    await obtainArchive(archiveOf(answer), parent);
    expect([requests, await readdir(parent)]).toEqual([0, ['cifar-100-binary']]);
  });

  it('says what else can be done when it cannot be fetched', async () => {
    answer = bytes('<html>');
    const archive = { ...archiveOf(answer), md5: '0'.repeat(32) };
    await expect(obtainArchive(archive, parent)).rejects.toThrow(
      /^cannot download http:\S+: cifar-100-binary\.tar\.gz is not the expected file: MD5 is \w{32}, should be 0{32}; without internet, unpack that archive yourself and name its folder by --data-dir$/,
    );
  });
});

describe('unpack', () => {
  const unpacked = async (content: Uint8Array) => {
    await writeFile(join(parent, 'a.tar.gz'), content);
    await unpack(join(parent, 'a.tar.gz'), join(parent, 'target'), 'cifar-100-binary');
  };
  beforeEach(() => mkdir(join(parent, 'target')));
  const file = (name: string) => ({ name: `cifar-100-binary/${name}`, content: bytes('x') });

  it('takes the data set and leaves everything else', async () => {
    await unpacked(gzipSync(tar([{ name: 'other/a.bin', content: bytes('no') }, ...official, file('sub/b')])));
    expect(await readdir(join(parent, 'target'))).toEqual(['cifar-100-binary']);
    expect(await readFile(join(parent, 'target/cifar-100-binary/sub/b'), 'utf8')).toBe('x');
    expect(new Uint8Array(await readFile(join(parent, 'target/cifar-100-binary/test.bin')))).toEqual(
      official[3].content,
    );
  });

  const whole = gzipSync(tar(official));
  it.each<[string, Uint8Array, string]>([
    [
      'a truncated archive',
      whole.subarray(0, whole.length / 2),
      'truncated or not gzip-compressed: unexpected end of file',
    ],
    ['what is not compressed', tar(official), 'truncated or not gzip-compressed: incorrect header check'],
    ['a damaged archive', whole.with(whole.length - 5, 1), 'truncated or not gzip-compressed: incorrect data check'],
    ['a compressed page', gzipSync(bytes('<html>'.repeat(500))), 'not a tar archive, or damaged'],
    ['another archive', gzipSync(tar([{ name: 'other/a.bin' }])), 'holds no folder cifar-100-binary: it is another'],
    [
      'a name that leads outside',
      gzipSync(tar([file('a'), file('../../evil')])),
      'refused: "cifar-100-binary/../../evil"',
    ],
    [
      'a link',
      gzipSync(tar([file('a'), { name: 'cifar-100-binary/b', type: '2' }])),
      '"cifar-100-binary/b" is neither file nor folder',
    ],
    ['two files of one name', gzipSync(tar([file('a'), file('a')])), 'refused: two files in cifar-100-binary'],
    ['a file inside a file', gzipSync(tar([file('a'), file('a/b')])), 'refused: two files in cifar-100-binary'],
    ['a lying length', gzipSync(tar([file('a'), { ...file('b'), size: 2 ** 31 }])), 'refused: more than 1000 files or'],
    [
      'a thousand and one files',
      gzipSync(tar(Array.from({ length: 1001 }, (_, i) => ({ name: `other/${i}` })))),
      'refused: more than 1000 files or 1073741824 bytes',
    ],
  ])('refuses %s, and leaves nothing', async (_, content, message) => {
    const attempt = unpacked(content);
    await expect(attempt).rejects.toThrow(InputError);
    await expect(attempt).rejects.toThrow(`${join(parent, 'a.tar.gz')}: ${message}`);
    expect(await readdir(join(parent, 'target'))).toEqual([]);
    expect(existsSync(join(parent, 'evil'))).toBe(false);
  });

  it('leaves alone what another process has unpacked meanwhile', async () => {
    await mkdir(join(parent, 'target/cifar-100-binary'));
    await writeFile(join(parent, 'target/cifar-100-binary/theirs'), '');
    await unpacked(whole);
    expect(await readdir(join(parent, 'target'))).toEqual(['cifar-100-binary']);
    expect(await readdir(join(parent, 'target/cifar-100-binary'))).toEqual(['theirs']);
  });
});
