import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import {
  type DownloadOptions,
  type DownloadProgress,
  download,
} from '../../../../src/models/data/sources/download.node.ts';

const SIZE = 300_000;
const content = Uint8Array.from({ length: SIZE }, (_, i) => (i * 7 + (i >> 8)) % 256);
const md5 = createHash('md5').update(content).digest('hex');

let folder: string;
let path: string;
let server: Server | undefined;
/** What was asked for: the range of each request, or 'all'. */
let asked: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-download-'));
  path = join(folder, 'sub', 'file.bin');
  asked = [];
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
  await rm(folder, { recursive: true });
});

/** A server that answers the requests in turn, the last answer over and over. */
async function serve(...answers: RequestListener[]): Promise<string> {
  server = createServer((request, response) => {
    asked.push(request.headers.range ?? 'all');
    answers[Math.min(asked.length, answers.length) - 1](request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`;
}

const firstOf = (request: IncomingMessage) => Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);

const whole: RequestListener = (_, response) => response.writeHead(200, { 'content-length': SIZE }).end(content);

const withRanges: RequestListener = (request, response) => {
  const first = firstOf(request);
  if (first >= SIZE) return response.writeHead(416, { 'content-range': `bytes */${SIZE}` }).end();
  const headers = { 'content-length': SIZE - first, 'content-range': `bytes ${first}-${SIZE - 1}/${SIZE}` };
  return response.writeHead(first > 0 ? 206 : 200, headers).end(content.subarray(first));
};

/** Sends so much of what it announced, then closes the connection or falls silent. */
const breaking =
  (bytes: number, then: (response: ServerResponse, sent: number) => void, answer = 200): RequestListener =>
  (request, response) => {
    const first = answer === 206 ? firstOf(request) : 0;
    const headers = { 'content-length': SIZE - first, 'content-range': `bytes ${first}-${SIZE - 1}/${SIZE}` };
    response.writeHead(answer, headers);
    response.write(content.subarray(first, first + bytes), () => then(response, first + bytes));
  };
/** Once the client has written what was sent: it may lose what is on the way. */
async function hangUp(response: ServerResponse, sent: number): Promise<void> {
  const part = `${path}.part`;
  while (!(existsSync(part) && statSync(part).size >= sent)) await delay(2);
  response.destroy();
}
const silence = () => {};
const status =
  (code: number): RequestListener =>
  (_, response) =>
    response.writeHead(code).end('<html>');

const options: DownloadOptions = {
  md5,
  otherwise: 'give --data-dir',
  // Long enough for a busy machine to answer, short enough for a test.
  idleSeconds: 2,
  retrySeconds: [0, 0],
};
const fetched = (url: string, changes: Partial<DownloadOptions> = {}) =>
  download(url, path, { ...options, ...changes });

/** As Buffers: vitest takes a second to compare so many numbers one by one. */
async function expectContent(of: string): Promise<void> {
  expect(Buffer.compare(await readFile(of), content)).toBe(0);
}

async function expectWhole(): Promise<void> {
  await expectContent(path);
  expect(await readdir(join(folder, 'sub'))).toEqual(['file.bin']);
}

describe('download', () => {
  it('fetches a file, and tells how far it is', async () => {
    const told: DownloadProgress[] = [];
    await fetched(await serve(whole), { onProgress: (progress) => told.push(progress) });
    await expectWhole();
    expect(told[0]).toEqual({ doneBytes: 0, totalBytes: SIZE });
    expect(told.at(-1)).toEqual({ doneBytes: SIZE, totalBytes: SIZE });
    expect(told.map(({ doneBytes }) => doneBytes)).toEqual(
      told.map(({ doneBytes }) => doneBytes).sort((a, b) => a - b),
    );
  });

  it('goes on where the connection broke, in the same call', async () => {
    await fetched(await serve(breaking(100_000, hangUp), breaking(50_000, hangUp, 206), withRanges));
    await expectWhole();
    expect(asked).toEqual(['all', 'bytes=100000-', 'bytes=150000-']);
  });

  it('goes on where an earlier call broke off', async () => {
    const url = await serve(breaking(100_000, hangUp), withRanges);
    await expect(fetched(url, { retrySeconds: [] })).rejects.toThrow(
      /^cannot download http:\S+: the connection failed \(\w+\) after 100000 of 300000 bytes \(kept, to go on from there\); give --data-dir$/,
    );
    expect(await readdir(join(folder, 'sub'))).toEqual(['file.bin.part']);
    const told: DownloadProgress[] = [];
    await fetched(url, { onProgress: (progress) => told.push(progress) });
    await expectWhole();
    expect(asked[1]).toBe('bytes=100000-');
    expect(told[0]).toEqual({ doneBytes: 100_000, totalBytes: SIZE });
  });

  it('starts over where the server knows no ranges', async () => {
    await fetched(await serve(breaking(100_000, hangUp), whole));
    await expectWhole();
    expect(asked).toEqual(['all', 'bytes=100000-']);
  });

  it('finishes a part that is whole already', async () => {
    await writeFile(join(folder, 'other.part'), content);
    await download(await serve(withRanges), join(folder, 'other'), options);
    expect(asked.at(-1)).toBe(`bytes=${SIZE}-`);
    await expectContent(join(folder, 'other'));
  });

  it.each([
    ['other bytes', content.subarray(0, 1000).map((byte) => byte ^ 1)],
    ['more than there should be', new Uint8Array(SIZE + 5)],
  ])('throws away a part that holds %s, and starts over', async (_, part) => {
    path = join(folder, 'sub');
    await writeFile(`${path}.part`, part);
    await fetched(await serve(withRanges));
    await expectContent(path);
    expect(asked).toEqual([`bytes=${part.length}-`, 'all']);
  });

  it('gives up a server that falls silent, and goes on there the next time', async () => {
    const url = await serve(breaking(100_000, silence), withRanges);
    await expect(fetched(url, { idleSeconds: 0.3, retrySeconds: [] })).rejects.toThrow(
      /the server sent nothing for 0\.3 s after 100000 of 300000 bytes \(kept, to go on from there\); give --data-dir$/,
    );
    await fetched(url);
    await expectWhole();
    expect(asked[1]).toBe('bytes=100000-');
  });

  it('gives up a server that never answers', async () => {
    const url = await serve(silence);
    await expect(fetched(url, { idleSeconds: 0.2, retrySeconds: [0] })).rejects.toThrow(
      new InputError(`cannot download ${url}: the server sent nothing for 0.2 s; give --data-dir`),
    );
    expect(asked).toHaveLength(2);
  });

  it('waits for a server that is slow but not silent', async () => {
    const pieces = 6;
    const url = await serve(async (_, response) => {
      response.writeHead(200, { 'content-length': SIZE });
      for (let i = 0; i < pieces; i++) {
        response.write(content.subarray((i * SIZE) / pieces, ((i + 1) * SIZE) / pieces));
        await delay(250);
      }
      response.end();
    });
    // All of it takes longer than a silence may.
    await fetched(url, { idleSeconds: 1, retrySeconds: [] });
    await expectWhole();
  });

  it('cuts off what an earlier part has too much, where the server knows no ranges', async () => {
    path = join(folder, 'longer');
    await writeFile(`${path}.part`, new Uint8Array(SIZE + 5));
    await fetched(await serve(whole));
    await expectContent(path);
    expect(asked).toEqual([`bytes=${SIZE + 5}-`]);
  });

  it('follows redirects, the range with it', async () => {
    const elsewhere: RequestListener = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    await fetched(await serve(elsewhere, breaking(100_000, hangUp), elsewhere, withRanges));
    await expectWhole();
    expect(asked[3]).toBe('bytes=100000-');
    const circle = await serve(elsewhere);
    await expect(download(circle, join(folder, 'circle'), { ...options, retrySeconds: [] })).rejects.toThrow(
      /^cannot download http:\S+: the connection failed \(redirect count exceeded\); give --data-dir$/,
    );
  });

  it('refuses wrong bytes, once and for all, and keeps none of them', async () => {
    const wrong = content.with(SIZE - 1, 0);
    const url = await serve((_, response) => response.end(wrong));
    const found = createHash('md5').update(wrong).digest('hex');
    await expect(fetched(url)).rejects.toThrow(
      new InputError(
        `cannot download ${url}: file.bin is not the expected file: MD5 is ${found}, should be ${md5}; give --data-dir`,
      ),
    );
    expect(asked).toEqual(['all']);
    expect(existsSync(path)).toBe(false);
    expect((await readFile(`${path}.part`)).length).toBe(0);
  });

  it('does not fetch again what is not there', async () => {
    const url = await serve(status(404));
    await expect(fetched(url)).rejects.toThrow(
      new InputError(`cannot download ${url}: the server answers 404 Not Found; give --data-dir`),
    );
    expect(asked).toHaveLength(1);
  });

  it('tries again where the server is in trouble', async () => {
    await fetched(await serve(status(500), status(503), whole));
    await expectWhole();
    const url = await serve(status(500));
    asked = [];
    await expect(fetched(url)).rejects.toThrow(`${url}: the server answers 500 Internal Server Error; give`);
    expect(asked).toHaveLength(3);
  });

  it('keeps what it has when a later attempt meets trouble', async () => {
    const url = await serve(breaking(100_000, hangUp), status(500));
    await expect(fetched(url)).rejects.toThrow('answers 500');
    expect((await readFile(`${path}.part`)).length).toBe(100_000);
  });

  it('stops a server that does not end', async () => {
    const url = await serve((_, response) => {
      const more = (): void => {
        response.write(content, () => (response.destroyed ? undefined : more()));
      };
      more();
    });
    await expect(fetched(url, { mostBytes: 1_000_000 })).rejects.toThrow(`${url}: more than 1000000 bytes; give`);
    expect((await readFile(`${path}.part`)).length).toBeLessThanOrEqual(1_000_000);
  });

  it('says that there is no server, and what is no address', async () => {
    const url = await serve(whole);
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    await expect(fetched(url)).rejects.toThrow(
      new InputError(`cannot download ${url}: the connection failed (ECONNREFUSED); give --data-dir`),
    );
    for (const wrong of ['', 'file:///etc/passwd', 'cifar'])
      await expect(fetched(wrong)).rejects.toThrow(
        new InputError(`cannot download ${wrong}: not an address that begins with https:// or http://`),
      );
  });

  it('says that the folder cannot be written', async () => {
    await writeFile(join(folder, 'sub'), '');
    await expect(fetched(await serve(whole))).rejects.toThrow(InputError);
    expect(asked).toEqual([]);
  });
});
