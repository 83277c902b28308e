import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/fakeQueue.ts';
import { lastLine, openPlace, type Place, runAlone, stop, withoutTimes } from '../support/queueProcesses.ts';
import { startRedis } from '../support/redisServer.ts';

/** Processes start one after the other, which takes long on a machine that does other work as well. */
const LIMIT = 180_000;

let place: Place;

beforeAll(async () => {
  place = await openPlace();
}, LIMIT);
afterAll(() => place?.remove());

test(
  'Redis killed in the middle of a run comes back without its memory: run and workers go on to the end',
  async () => {
    const redis = await startRedis();
    const workers = [1, 2].map(() => place.worker(redis.url));
    const run = place.run('forgotten', redis.url);
    await until(() => /^\[ *3\//m.test(run.said.errors));
    await redis.stop();
    await until(() => /broke; trying for 60 s/.test(run.said.errors));
    const again = await startRedis(redis.port);
    expect(await run.ended, run.said.errors).toBe(0);
    expect(run.said.errors).toMatch(/^outlast: Redis at \S+ is back$/m);
    await stop(...workers);
    await again.stop();
    expect(withoutTimes(join(place.scratch, 'forgotten'))).toEqual(await runAlone(place));
  },
  LIMIT,
);

test(
  'Redis killed in the middle of a run that does not come back: one line and exit code 1; what was collected is kept',
  async () => {
    const redis = await startRedis();
    const worker = place.worker(redis.url, { PATIENCE: '2' });
    const run = place.run('lost', redis.url, { PATIENCE: '2' });
    await until(() => /^\[ *3\//m.test(run.said.errors));
    await redis.stop();
    for (const each of [run, worker]) {
      expect(await each.ended, each.said.errors).toBe(1);
      expect(lastLine(each)).toMatch(
        /^outlast: lost Redis at \S+: no answer for 2 s \(connection refused\); start it, then this again$/,
      );
      expect(each.said.errors.match(/^outlast: the connection to Redis at \S+ broke; trying for 2 s/gm)).toHaveLength(
        1,
      );
    }
    const kept = Object.keys(withoutTimes(join(place.scratch, 'lost')));
    expect(kept.length).toBeGreaterThanOrEqual(3);
  },
  LIMIT,
);

test(
  'wrong input that a worker finds ends the run with one line and exit code 2; the worker stays',
  async () => {
    const redis = await startRedis();
    const worker = place.worker(redis.url, { WRONG_INPUT: 'train-images: 16 bytes are missing' });
    const run = place.run('wrong', redis.url);
    expect(await run.ended, run.said.errors).toBe(2);
    expect(lastLine(run)).toMatch(/^outlast: train-images: 16 bytes are missing \(on \S+\/\d+\)$/);
    expect(worker.child.exitCode).toBeNull();
    await stop(worker);
    await redis.stop();
  },
  LIMIT,
);
