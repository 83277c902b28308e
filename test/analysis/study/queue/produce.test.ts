import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Connection, connect } from '../../../../src/analysis/study/queue/connection.node.ts';
import type { Trial } from '../../../../src/analysis/study/trial/trial.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { produce, studyOf, until, work } from '../../../support/fakeQueue.ts';
import { fakeRunTrial } from '../../../support/fakeTrials.ts';
import { type RedisServer, startRedis } from '../../../support/redisServer.ts';

let server: RedisServer;
let scratch: string;
/** Of the run, and of the worker. */
let run: Connection;
let worker: Connection;

beforeAll(async () => {
  server = await startRedis();
  scratch = mkdtempSync(join(tmpdir(), 'produce-'));
});
afterAll(async () => {
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});
beforeEach(async () => {
  run = await connect(server.url);
  worker = await connect(server.url);
  await run.redis.flushall();
});
afterEach(() => {
  run.close();
  worker.close();
});

/** Waits until a trial lies in the queue. */
const untilQueued = () => until(async () => (await run.redis.keys('outlast:trials-test:trial-*')).length > 0);

/** What of trials lies in Redis. */
const inRedis = () =>
  run.redis.keys('*').then((keys) => keys.filter((key) => /files|training|wanted|trial-/.test(key)));

const isAttack = (trial: Trial, eps: number) =>
  trial.kind === 'attack' && 'eps' in trial.attack && trial.attack.eps === eps;

test('trials that Redis forgot are queued again, and count once towards the limits', async () => {
  const { outcome } = await produce(studyOf(3, 'limits: { trials: 2 }'), join(scratch, 'forgot'), run);
  await untilQueued();
  await run.redis.flushall();
  const { ended, stop } = work(worker, scratch);
  const { computed, left, finished } = await outcome;
  expect([computed, left, finished.length]).toEqual([2, 2, 2]);
  stop();
  await ended;
});

test('what a run had kept before it was killed, the next one takes out of the queue', async () => {
  const { ended, stop } = work(worker, scratch);
  const folder = join(scratch, 'killed');
  const killed = await produce(studyOf(1), folder, run, {
    // After the trial is in its folder, and before it has left the queue.
    onEvent: ({ type }) => {
      if (type === 'finished') throw new Error('killed');
    },
  });
  await expect(killed.outcome).rejects.toThrow('killed');
  expect(await inRedis()).not.toEqual([]);
  const { outcome } = await produce(studyOf(1), folder, run);
  expect(await outcome).toMatchObject({ computed: 1, failed: [], left: 0 });
  expect(await inRedis()).toEqual([]);
  stop();
  await ended;
});

test('the limits of a study hold over a queue, nothing of the run stays there, and the next run goes on', async () => {
  const parsed = studyOf(3, 'limits: { trials: 2 }');
  const { ended, stop } = work(worker, scratch);
  for (const [finished, left] of [
    [2, 2],
    [4, 0],
  ]) {
    const { outcome, events } = await produce(parsed, join(scratch, 'limits'), run);
    const end = await outcome;
    expect([end.computed, end.finished.length, end.left]).toEqual([2, finished, left]);
    expect(events.filter(({ type }) => type === 'stopped')).toEqual(
      left > 0 ? [{ type: 'stopped', left, why: 'limits' }] : [],
    );
    expect(await inRedis()).toEqual([]);
  }
  stop();
  await ended;
});

test('when the time of a study is over, what nobody works on is taken back', async () => {
  const { outcome, notes } = await produce(studyOf(3, 'limits: { seconds: 1 }'), join(scratch, 'late'), run);
  expect(await outcome).toMatchObject({ computed: 0, left: 4 });
  expect(notes).toEqual([`no worker is there yet; start some: outlast worker --queue ${run.shown}`]);
  expect(await inRedis()).toEqual([]);
});

test('a trial that fails whenever it is tried is recorded as failed, and the rest goes on', async () => {
  let tries = 0;
  const { ended, stop, events } = work(worker, scratch, {
    runTrial: (trial, context) => {
      if (!isAttack(trial, 0.02)) return fakeRunTrial(trial, context);
      tries++;
      throw new Error('out of\n memory');
    },
  });
  const { outcome } = await produce(studyOf(3), join(scratch, 'failing'), run);
  const { finished, failed, computed, left } = await outcome;
  expect([finished.length, computed, left, tries]).toEqual([3, 3, 0, 3]);
  expect(failed).toMatchObject([{ message: 'out of memory', stack: expect.stringContaining('produce.test') }]);
  const told = events.filter(({ type }) => type === 'failed');
  expect(told.map((event) => 'again' in event && event.again)).toEqual([true, true, false]);
  expect(await inRedis()).toEqual([]);
  stop();
  await ended;
});

test('attacks on a training that failed are recorded as failed without being tried', async () => {
  const { ended, stop } = work(worker, scratch, { runTrial: () => Promise.reject(new Error('diverged')) });
  const { outcome } = await produce(studyOf(2), join(scratch, 'untrained'), run);
  const { failed } = await outcome;
  expect(failed.map(({ message }) => message)).toEqual([
    'diverged',
    `its training ${failed[0].id} failed`,
    `its training ${failed[0].id} failed`,
  ]);
  stop();
  await ended;
});

test('wrong input that a worker finds ends the run with its words, after what was collected is kept', async () => {
  const { ended, stop } = work(worker, scratch, {
    runTrial: (trial, context) => {
      if (isAttack(trial, 0.02)) throw new InputError('test-images: 16 bytes are missing');
      return fakeRunTrial(trial, context);
    },
  });
  const { outcome, events } = await produce(studyOf(2), join(scratch, 'wrong'), run);
  await expect(outcome).rejects.toThrow(InputError);
  await expect(outcome).rejects.toThrow(/^test-images: 16 bytes are missing \(on fake\/1\)$/);
  expect(events.filter(({ type }) => type === 'finished')).toHaveLength(2);
  expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
  stop();
  await ended;
});

test('a full Redis ends run and worker with a line that says so', async () => {
  const { outcome } = await produce(studyOf(2), join(scratch, 'full'), run);
  await untilQueued();
  await worker.redis.config('SET', 'maxmemory', '1');
  const full = `Redis at ${run.shown} is full: raise its maxmemory, then start this again`;
  await Promise.all([expect(outcome).rejects.toThrow(full), expect(work(worker, scratch).ended).rejects.toThrow(full)]);
  await worker.redis.config('SET', 'maxmemory', '0');
});
