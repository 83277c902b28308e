import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/analysis/queue/connection.node.ts';
import { readRun } from '../../src/analysis/study/store.node.ts';
import { type RedisServer, startRedis } from '../analysis/queue/redisServer.ts';
import { bundleProgram } from '../bundleProgram.ts';

/** Two trainings, sixteen attacks. */
const STUDY = `name: fake
data: { name: mnist, train: 600, test: 100 }
models: { depth: 18, width: 16 }
training: { epochs: 1, batch_size: 64, learning_rate: 0.05 }
defences:
  - { name: none }
  - { name: gaussian-augmentation, sigma: 0.3, ratio: 0.5 }
attacks:
  - { name: fgm, eps: [0.05, 0.1, 0.2, 0.3] }
  - { name: pgd, eps: [0.05, 0.1, 0.2, 0.3] }
`;

/** A dozen processes start one after the other, which takes long on a machine that does other work as well. */
const LIMIT = 180_000;

let scratch: string;
let program: string;
let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
  // Beside the packages, so that the program finds them.
  scratch = mkdtempSync(join(resolve('node_modules'), '.queue-'));
  program = join(scratch, 'outlast.mjs');
  writeFileSync(join(scratch, 'fake.yaml'), STUDY);
  await bundleProgram('test/cli/fakeWorkerProgram.ts', program);
}, 180_000);
afterAll(async () => {
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

function start(...words: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [program, ...words], {
    cwd: scratch,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = { errors: '' };
  child.stderr?.on('data', (text) => {
    said.errors += text;
  });
  const ended = new Promise<number | null>((done) => {
    child.on('close', (code) => done(code));
  });
  return { child, said, ended };
}

const worker = () => start('worker', '--queue', server.url, '--stalled-after', '2');

/** Everything that is stored of a run's trials but when they ended; the machine's times are the same for the same trial. */
function withoutTimes(folder: string): Record<string, unknown> {
  const trials = join(scratch, folder, 'trials');
  const entries = readdirSync(trials)
    .sort()
    .flatMap((id) => readdirSync(join(trials, id)).map((name) => join(id, name)))
    .map((path) => {
      const bytes = readFileSync(join(trials, path));
      const text = path.endsWith('.json') ? JSON.parse(bytes.toString()) : bytes.toString('base64');
      return [path, JSON.parse(JSON.stringify(text, (key, value) => (key === 'finishedAt' ? '' : value)))];
    });
  return Object.fromEntries(entries);
}

test(
  'three workers, one killed in the middle of a trial: every result once, and those of a single process',
  async () => {
    const workers = [worker(), worker(), worker()];
    const run = start('study', 'run', 'fake.yaml', '--out', 'queued', '--queue', server.url);
    const { redis, close } = await connect(server.url);
    try {
      const victim = await oneAtWork(redis, 2);
      process.kill(victim, 'SIGKILL');
      expect(await run.ended, run.said.errors).toBe(0);
      const lines = run.said.errors.split('\n').filter((line) => line.startsWith('['));
      expect(lines, run.said.errors).toHaveLength(18);
      expect(new Set(lines.map((line) => line.replace(/ \(.*/, '').replace(/^\S+ /, ''))).size).toBe(18);
      const survivors = workers.filter(({ child }) => child.pid !== victim);
      for (const { child } of survivors) child.kill('SIGTERM');
      for (const { ended, said } of survivors) {
        expect(await ended, said.errors).toBe(0);
        expect(said.errors).toMatch(/^worker \S+ of outlast \S+ on .*; trials from redis:/m);
        expect(said.errors).toMatch(/trials\/min, \d+ images\/s/);
        expect(said.errors).toMatch(/^stopped$/m);
      }
      // Results, weights and jobs are taken out of Redis when they are collected.
      const left = (await redis.keys('*')).filter((key) => /files|training|wanted|trial-/.test(key));
      expect(left).toEqual([]);
    } finally {
      close();
      for (const { child } of workers) child.kill('SIGKILL');
    }
    const alone = start('study', 'run', 'fake.yaml', '--out', 'alone');
    expect(await alone.ended, alone.said.errors).toBe(0);
    const stored = withoutTimes('queued');
    expect(Object.keys(stored)).toHaveLength(20);
    expect(stored).toEqual(withoutTimes('alone'));
  },
  LIMIT,
);

/** The process of a worker that computes a trial, once so many do. */
async function oneAtWork(redis: Awaited<ReturnType<typeof connect>>['redis'], count: number): Promise<number> {
  for (;;) {
    const keys = await redis.keys('outlast:trials-*:trial-*:lock');
    if (keys.length >= count) {
      const name = await redis.hget(keys[0].replace(/:lock$/, ''), 'pb');
      const pid = /\/(\d+)$/.exec(name ?? '')?.[1];
      if (pid !== undefined) return Number(pid);
    }
    await delay(20);
  }
}

test(
  'a worker that is told to stop hands its trial back when its time is over; a killed run goes on',
  async () => {
    const first = start('worker', '--queue', server.url, '--grace', '0');
    const run = start('study', 'run', 'fake.yaml', '--out', 'resumed', '--queue', server.url);
    const { redis, close } = await connect(server.url);
    await oneAtWork(redis, 1);
    run.child.kill('SIGKILL');
    first.child.kill('SIGTERM');
    expect(await first.ended, first.said.errors).toBe(0);
    expect(first.said.errors).toMatch(/^train ResNet-18, .*: handed back, another worker takes it$/m);
    close();
    const second = worker();
    const again = start('study', 'run', 'fake.yaml', '--out', 'resumed', '--queue', server.url);
    expect(await again.ended, again.said.errors).toBe(0);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    // Handed back, not stalled: no lock had to run out.
    expect(second.said.errors).not.toContain('FAILED');
    const { parsed } = await readRun(join(scratch, 'resumed'));
    expect(parsed.study.name).toBe('fake');
    expect(withoutTimes('resumed')).toEqual(withoutTimes('alone'));
  },
  LIMIT,
);

test('a worker of another version takes nothing and says so', async () => {
  const { redis, close } = await connect(server.url);
  const [now] = await redis.time();
  await redis.zadd('outlast:producers', now, '9.9.9+other');
  await redis.zremrangebyrank('outlast:producers', 0, -2);
  const idle = worker();
  while (!/takes no trial/.test(idle.said.errors)) await delay(50);
  expect(idle.said.errors).toMatch(/the runs on this Redis are of outlast 9\.9\.9\+other, this worker is 0\.1\.0\+/);
  idle.child.kill('SIGTERM');
  expect(await idle.ended, idle.said.errors).toBe(0);
  close();
});

test.each([
  ['http://127.0.0.1:1', 2, /^outlast: --queue: http:\/\/ is not Redis; give redis:\/\/host:port/],
  ['redis://127.0.0.1:1', 1, /^outlast: cannot reach Redis at redis:\/\/127\.0\.0\.1:1: connection refused/],
])('%s: one line and exit code %i, and no folder', async (url, code, words) => {
  const run = start('study', 'run', 'fake.yaml', '--out', 'never', '--queue', url);
  expect(await run.ended).toBe(code);
  expect(run.said.errors).toMatch(words);
  expect(run.said.errors.trim().split('\n')).toHaveLength(1);
  expect(readdirSync(scratch)).not.toContain('never');
});
