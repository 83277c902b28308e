import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/analysis/study/queue/connection.node.ts';
import { until } from '../support/fakeQueue.ts';
import { oneAtWork, openPlace, type Place, runAlone, stop, TRIALS, withoutTimes } from '../support/queueProcesses.ts';
import { type RedisServer, startRedis } from '../support/redisServer.ts';

/** Processes start one after the other, which takes long on a machine that does other work as well. */
const LIMIT = 180_000;

let place: Place;
let server: RedisServer;
let alone: Record<string, unknown>;

beforeAll(async () => {
  server = await startRedis();
  place = await openPlace();
  alone = await runAlone(place);
}, LIMIT);
afterAll(async () => {
  await server?.stop();
  place?.remove();
});

/** A database of the server for each test. */
let databases = 0;
const database = () => `${server.url}/${++databases}`;

test(
  'three workers, one killed in the middle of a trial: every result once, and those of a single process',
  async () => {
    const url = database();
    const workers = [1, 2, 3].map(() => place.worker(url));
    const run = place.run('queued', url);
    const victim = await oneAtWork(url, 2);
    process.kill(victim, 'SIGKILL');
    expect(await run.ended, run.said.errors).toBe(0);
    const lines = run.said.errors.split('\n').filter((line) => line.startsWith('['));
    expect(lines, run.said.errors).toHaveLength(TRIALS);
    expect(new Set(lines.map((line) => line.replace(/ \(.*/, '').replace(/^\S+ +\S+ /, ''))).size).toBe(TRIALS);
    const survivors = workers.filter(({ child }) => child.pid !== victim);
    await stop(...survivors);
    for (const { said } of survivors) {
      expect(said.errors).toMatch(/^worker \S+ of outlast \S+ on .*; trials from redis:/m);
      expect(said.errors).toMatch(/trials\/min, \d+ images\/s/);
      expect(said.errors).toMatch(/^stopped$/m);
    }
    // Results, weights and jobs are taken out of Redis when they are collected. What a worker sent that counted as dead stays for a week:
    // the one that was killed can have, and on a busy machine one that was only silent.
    const { redis, close } = await connect(url);
    const left = (await redis.keys('*')).filter((key) => /files|training|wanted|trial-/.test(key));
    const silent = survivors.flatMap(({ said }) => said.errors.match(/is not this worker's any more/g) ?? []);
    expect(left.filter((key) => !key.startsWith('outlast:files:'))).toEqual([]);
    expect(left.length).toBeLessThanOrEqual(1 + silent.length);
    close();
    expect(withoutTimes(join(place.scratch, 'queued'))).toEqual(alone);
  },
  LIMIT,
);

test(
  'a worker that is told to stop hands its trial back when its time is over; a killed run goes on',
  async () => {
    const url = database();
    const first = place.start(['worker', '--queue', url, '--grace', '0']);
    const killed = place.run('resumed', url);
    await oneAtWork(url, 1);
    killed.child.kill('SIGKILL');
    await stop(first);
    expect(first.said.errors).toMatch(/^train ResNet-18, .*: handed back, another worker takes it$/m);
    const second = place.worker(url);
    const run = place.run('resumed', url);
    expect(await run.ended, run.said.errors).toBe(0);
    await stop(second);
    // Handed back, not stalled: no lock had to run out.
    expect(second.said.errors).not.toContain('FAILED');
    expect(withoutTimes(join(place.scratch, 'resumed'))).toEqual(alone);
  },
  LIMIT,
);

test(
  'a worker of another version takes nothing and says so',
  async () => {
    const url = database();
    const { redis, close } = await connect(url);
    const [now] = await redis.time();
    await redis.zadd('outlast:producers', now, '9.9.9+other');
    close();
    const idle = place.worker(url);
    await until(() => /takes no trial/.test(idle.said.errors));
    expect(idle.said.errors).toMatch(/the runs on this Redis are of outlast 9\.9\.9\+other, this worker is 0\.1\.0\+/);
    await stop(idle);
  },
  LIMIT,
);

test.each([
  ['http://127.0.0.1:1', 2, /^outlast: --queue: http:\/\/ is not Redis; give redis:\/\/host:port/],
  ['redis://127.0.0.1:1', 1, /^outlast: cannot reach Redis at redis:\/\/127\.0\.0\.1:1: connection refused/],
])('%s: one line and exit code %i, and no folder', async (url, code, words) => {
  const run = place.run('never', url);
  expect(await run.ended).toBe(code);
  expect(run.said.errors).toMatch(words);
  expect(run.said.errors.trim().split('\n')).toHaveLength(1);
  expect(readdirSync(place.scratch)).not.toContain('never');
});

test('a wrong password: one line and exit code 2 of run and worker, without the password', async () => {
  const guarded = await startRedis(undefined, '--requirepass', 'right');
  const url = `redis://:wrong@127.0.0.1:${guarded.port}`;
  for (const each of [place.run('never', url), place.worker(url)]) {
    expect(await each.ended).toBe(2);
    expect(each.said.errors).toBe(
      `outlast: --queue: Redis at redis://127.0.0.1:${guarded.port} wants another user or password: redis://user:password@host:port\n`,
    );
  }
  await guarded.stop();
});

test('a scratch folder that is not there: one line and exit code 2', async () => {
  const worker = place.start(['worker', '--queue', database(), '--scratch', '/nowhere']);
  expect(await worker.ended).toBe(2);
  expect(worker.said.errors).toBe('outlast: cannot write /nowhere: no such file or folder\n');
});
