import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addDataCommand, downloadProgress } from '../../src/cli/data.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import { ARCHIVES } from '../../src/models/data/datasets/catalogue.ts';
import { loadDataset } from '../../src/models/data/load.node.ts';
import { cifarFile } from '../support/cifarFiles.ts';
import { collectTerminal } from '../support/collectTerminal.ts';
import { tar } from '../support/tarArchive.ts';

const archive = gzipSync(
  tar([
    {
      name: 'cifar-100-binary/train.bin',
      content: cifarFile([
        [0, 1],
        [0, 2],
        [0, 3],
      ]),
    },
    { name: 'cifar-100-binary/test.bin', content: cifarFile([[0, 4]]) },
  ]),
);
const md5 = createHash('md5').update(archive).digest('hex');

let scratch: string;
let server: Server;
let url: string;
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-data-'));
  server = createServer((_, response) => response.setHeader('content-length', archive.length).end(archive));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cifar-100-binary.tar.gz`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(scratch, { recursive: true });
});

function surroundings(isTTY = false) {
  const { texts, terminal } = collectTerminal(isTTY);
  const none = () => Promise.reject(new Error('fetching needs no device'));
  return { texts, around: { terminal, openDevice: none, openMachine: none } };
}

/** The command with the archive of this test in place of the official ones. */
async function fetched(...words: string[]) {
  const { texts, around } = surroundings();
  const program = new Command('outlast');
  const archives = { ...ARCHIVES, cifar100: { ...ARCHIVES.cifar100, url, md5 } };
  addDataCommand(program.command('data'), around, { archives, cache: () => join(scratch, 'cache', 'data') });
  await program.parseAsync(['data', 'fetch', ...words], { from: 'user' });
  return texts;
}

test('fetch unpacks into the cache, tells how far it is, and what is there; the second time it only looks', async () => {
  const folder = join(scratch, 'cache', 'data', 'cifar-100-binary');
  const { stdout, stderr } = await fetched('cifar100');
  expect(stdout).toBe(`cifar100: 3 training and 1 test images of 100 classes in ${folder}\n`);
  expect(stderr).toMatch(/^downloading cifar100: 0 of 0 MB\n/);
  expect(readdirSync(folder).sort()).toEqual(['test.bin', 'train.bin']);
  server.close();
  server.closeAllConnections();
  expect(await fetched('cifar100', '--json')).toEqual({
    stdout: `${JSON.stringify({ name: 'cifar100', folder, classes: 100, train: 3, test: 1 }, null, 2)}\n`,
    stderr: '',
  });
});

test('fetch --data-dir unpacks into a folder that --data-dir names later', async () => {
  const dataDir = join(scratch, 'mine');
  await fetched('cifar100', '--data-dir', dataDir);
  const { test: testing } = await loadDataset({ name: 'cifar100' }, { dataDir });
  expect([...testing.labels]).toEqual([4]);
});

test('an archive that is not the official one is refused in one line, with what else can be done', async () => {
  const { texts, around } = surroundings();
  const words = ['data', 'fetch', 'cifar100', '--url', url, '--data-dir', join(scratch, 'mine')];
  expect(await runProgram(words, around)).toBe(2);
  expect(texts.stdout).toBe('');
  expect(texts.stderr.trimEnd().split('\n').at(-1)).toBe(
    `outlast: cannot download ${url}: cifar-100-binary.tar.gz is not the expected file: MD5 is ${md5}, should be ${ARCHIVES.cifar100.md5}; ` +
      'without internet, unpack that archive yourself and name its folder by --data-dir',
  );
  const unknown = surroundings();
  expect(await runProgram(['data', 'fetch', 'imagenet'], unknown.around)).toBe(2);
  expect(unknown.texts.stderr).toContain('Allowed choices are cifar10, cifar100');
});

test('lines: one for every tenth, or every 10 MB where there is no total', () => {
  const lines = (total: number | null) => {
    const { texts, around } = surroundings();
    const { onDownload, stop } = downloadProgress(around.terminal, 'cifar10');
    for (let done = 0; done <= 40e6; done += 1e6) onDownload({ doneBytes: done, totalBytes: total });
    stop();
    return texts.stderr.trimEnd().split('\n');
  };
  expect(lines(80e6)).toEqual([0, 8, 16, 24, 32, 40].map((done) => `downloading cifar10: ${done} of 80 MB`));
  expect(lines(null)).toEqual([0, 10, 20, 30, 40].map((done) => `downloading cifar10: ${done} MB`));
});

test('a terminal has a bar; none where nothing is downloaded', () => {
  const { texts, around } = surroundings(true);
  const { onDownload, stop } = downloadProgress(around.terminal, 'cifar10');
  stop();
  expect(texts.stderr).toBe('');
  onDownload({ doneBytes: 34e6, totalBytes: 170e6 });
  stop();
  expect(texts.stderr).toContain('34/170 MB  downloading cifar10');
});
