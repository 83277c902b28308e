import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { discard, download, upload } from '../../../../src/analysis/study/queue/artefact.node.ts';
import { type Connection, connect } from '../../../../src/analysis/study/queue/connection.node.ts';
import { type RedisServer, startRedis } from '../../../support/redisServer.ts';

let server: RedisServer;
let connection: Connection;
let scratch: string;

beforeAll(async () => {
  server = await startRedis();
  connection = await connect(server.url);
  scratch = mkdtempSync(join(tmpdir(), 'artefact-'));
  mkdirSync(join(scratch, 'from'));
  // Longer than a chunk of 1 MiB, and not a multiple of it; every byte value.
  writeFileSync(
    join(scratch, 'from/weights.bin'),
    Uint8Array.from({ length: 2 ** 20 + 12345 }, (_, i) => (i * 7) % 256),
  );
  writeFileSync(join(scratch, 'from/trial.json'), '{"é": 1}\n');
  writeFileSync(join(scratch, 'from/empty'), '');
});
afterAll(async () => {
  connection?.close();
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

test('a folder comes back byte for byte, and nothing of it stays in Redis', async () => {
  const artefact = await upload(connection.redis, join(scratch, 'from'));
  // SHA-256 of nothing: FIPS 180-4.
  expect(artefact.files.find(({ name }) => name === 'empty')?.sha256).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(await connection.redis.ttl(artefact.key)).toBeGreaterThan(0);
  await download(connection.redis, artefact, join(scratch, 'to'));
  expect(readdirSync(join(scratch, 'to')).sort()).toEqual(['empty', 'trial.json', 'weights.bin']);
  for (const name of readdirSync(join(scratch, 'to')))
    expect(readFileSync(join(scratch, 'to', name)).equals(readFileSync(join(scratch, 'from', name)))).toBe(true);
  await discard(connection.redis, artefact);
  expect(await connection.redis.keys('*')).toEqual([]);
});

test('a damaged piece, a missing one and a name outside the folder are refused', async () => {
  const artefact = await upload(connection.redis, join(scratch, 'from'));
  const index = artefact.files.findIndex(({ name }) => name === 'weights.bin');
  await connection.redis.hset(artefact.key, `${index}/1`, Buffer.alloc(12345));
  await expect(download(connection.redis, artefact, join(scratch, 'damaged'))).rejects.toThrow(
    'weights.bin came back damaged',
  );
  await connection.redis.hdel(artefact.key, `${index}/1`);
  await expect(download(connection.redis, artefact, join(scratch, 'missing'))).rejects.toThrow(
    'weights.bin is not in Redis any more',
  );
  const foreign = { ...artefact, files: [{ ...artefact.files[index], name: '../weights.bin' }] };
  await expect(download(connection.redis, foreign, join(scratch, 'foreign'))).rejects.toThrow(
    '"../weights.bin" is no name of a file of a trial',
  );
  await discard(connection.redis, artefact);
});
