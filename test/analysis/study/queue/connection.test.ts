import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../../../src/analysis/study/queue/connection.node.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { until } from '../../../support/fakeQueue.ts';
import { startRedis } from '../../../support/redisServer.ts';

const never = new Promise<never>(() => undefined);

test('a server that ends and does not come back: why is told, with the latest error', async () => {
  const server = await startRedis();
  const notes: string[] = [];
  const connection = await connect(server.url, { patienceSeconds: 2, onNote: (line) => notes.push(line) });
  const guarded = connection.guard(never);
  await server.stop();
  await expect(guarded).rejects.toThrow(
    `lost Redis at ${connection.shown}: no answer for 2 s (connection refused); start it, then this again`,
  );
  // Whoever comes later is told the same.
  await expect(connection.guard(never)).rejects.toThrow('lost Redis');
  expect(notes).toEqual([`the connection to Redis at ${connection.shown} broke; trying for 2 s to get it back`]);
  connection.close();
});

test('a server that keeps the connection and says nothing is lost as well', async () => {
  const server = await startRedis();
  // Between Redis and its client, to fall silent when it is told to.
  let silent = false;
  const sockets: Socket[] = [];
  const between = createServer((client) => {
    const redis = createConnection(server.port, '127.0.0.1');
    sockets.push(client, redis);
    client.on('data', (bytes) => silent || redis.write(bytes));
    redis.on('data', (bytes) => silent || client.write(bytes));
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
  const { port } = between.address() as { port: number };
  const connection = await connect(`redis://127.0.0.1:${port}`, { patienceSeconds: 2 });
  silent = true;
  await expect(connection.guard(connection.redis.get('x'))).rejects.toThrow('no answer for 2 s; start it');
  connection.close();
  for (const socket of sockets) socket.destroy();
  between.close();
  await server.stop();
});

test('a server that comes back in time is told of, and commands that waited are answered', async () => {
  const server = await startRedis();
  const notes: string[] = [];
  const connection = await connect(server.url, { patienceSeconds: 20, onNote: (line) => notes.push(line) });
  await server.stop();
  await until(() => notes.length === 1);
  const answer = connection.guard(connection.redis.set('x', '1'));
  const again = await startRedis(server.port);
  expect(await answer).toBe('OK');
  expect(notes).toEqual([
    `the connection to Redis at ${connection.shown} broke; trying for 20 s to get it back`,
    `Redis at ${connection.shown} is back`,
  ]);
  connection.close();
  await again.stop();
});

test('what Redis refuses is told in a line of its own, other errors as they are', async () => {
  const server = await startRedis();
  const connection = await connect(server.url);
  await connection.redis.config('SET', 'maxmemory', '1');
  await expect(connection.guard(connection.redis.set('x', '1'))).rejects.toThrow(
    `Redis at ${connection.shown} is full: raise its maxmemory, then start this again`,
  );
  await expect(connection.guard(connection.redis.call('NONSENSE'))).rejects.toThrow(
    `Redis at ${connection.shown} refuses: ERR unknown command 'NONSENSE'`,
  );
  await expect(connection.guard(Promise.reject(new Error('of the work')))).rejects.toThrow(/^of the work$/);
  connection.close();
  await server.stop();
});

test('a wrong password is wrong input, and is not repeated', async () => {
  const server = await startRedis(undefined, '--requirepass', 'right');
  const url = `redis://:wrong@127.0.0.1:${server.port}`;
  await expect(connect(url)).rejects.toMatchObject({
    name: 'InputError',
    message: `--queue: Redis at redis://127.0.0.1:${server.port} wants another user or password: redis://user:password@host:port`,
  });
  await expect(connect(`redis://127.0.0.1:${server.port}`)).rejects.toThrow('wants another user or password');
  await expect(connect(`${server.url}/99`)).rejects.toThrow('has no database 99');
  await server.stop();
});

test('a server that never answers is not waited for for ever', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  await expect(connect(`redis://127.0.0.1:${port}`, { patienceSeconds: 1 })).rejects.toThrow(
    `cannot reach Redis at redis://127.0.0.1:${port}: no answer for 1 s; is it Redis?`,
  );
  silent.close();
});

test('a server in cluster mode is refused before any work', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-cluster-'));
  const words = ['--cluster-enabled', 'yes', '--cluster-config-file', join(folder, 'nodes.conf')];
  const server = await startRedis(undefined, ...words);
  const refusal = connect(server.url);
  await expect(refusal).rejects.toThrow(InputError);
  await expect(refusal).rejects.toThrow(
    `--queue: Redis at ${server.url} is in cluster mode, which spreads the keys of one queue over slots (CROSSSLOT); give one that is not, as redis-server starts without cluster-enabled`,
  );
  await server.stop();
  await rm(folder, { recursive: true });
});
