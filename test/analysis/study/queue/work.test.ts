import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Connection, connect } from '../../../../src/analysis/study/queue/connection.node.ts';
import type { RunTrial } from '../../../../src/analysis/study/run/machine.ts';
import { produce, studyOf, until, work } from '../../../support/fakeQueue.ts';
import { fakeRunTrial } from '../../../support/fakeTrials.ts';
import { type RedisServer, startRedis } from '../../../support/redisServer.ts';

let server: RedisServer;
let scratch: string;
/** Of the run, and of two workers. */
let run: Connection;
let one: Connection;
let two: Connection;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'work-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
beforeEach(async () => {
  server = await startRedis();
  [run, one, two] = await Promise.all([1, 2, 3].map(() => connect(server.url, { patienceSeconds: 2 })));
});
afterEach(async () => {
  for (const connection of [run, one, two]) connection.close();
  await server.stop();
});

/** A machine whose trials wait until they are let go. */
function gate(): { runTrial: RunTrial; open(): void; begun: () => number } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let begun = 0;
  const runTrial: RunTrial = async (trial, context) => {
    begun++;
    await opened;
    return fakeRunTrial(trial, context);
  };
  return { runTrial, open, begun: () => begun };
}

test('a worker that is stopped ends its trial and begins no other', async () => {
  const { runTrial, open, begun } = gate();
  const first = work(one, scratch, { runTrial });
  const { outcome } = await produce(studyOf(2), join(scratch, 'drain'), run);
  await until(() => begun() === 1);
  first.stop();
  open();
  expect(await first.ended).toEqual({ abandoned: false });
  expect(first.events.map(({ type }) => type)).toEqual(['started', 'finished']);
  const second = work(two, scratch);
  expect(await outcome).toMatchObject({ computed: 3, failed: [] });
  // The training was not computed again.
  expect(second.events.filter(({ type }) => type === 'finished')).toHaveLength(2);
  second.stop();
  await second.ended;
});

test('a trial that does not end in time is handed back, and another worker takes it at once', async () => {
  const { runTrial, begun } = gate();
  // Long enough that the trial would not be missed within this test.
  const first = work(one, scratch, { runTrial, graceSeconds: 0, stalledAfterSeconds: 600 });
  const { outcome } = await produce(studyOf(1), join(scratch, 'back'), run);
  await until(() => begun() === 1);
  first.stop();
  expect(await first.ended).toEqual({ abandoned: true });
  expect(first.events.map(({ type }) => type)).toEqual(['started', 'handed back']);
  const second = work(two, scratch, { stalledAfterSeconds: 600 });
  expect(await outcome).toMatchObject({ computed: 2, failed: [] });
  second.stop();
  await second.ended;
});

test('a worker without a trial ends when it is stopped, and one that is stopped before it begins', async () => {
  const idle = work(one, scratch);
  await until(async () => /name=\S*:w:fake/.test(String(await run.redis.client('LIST'))));
  idle.stop();
  expect(await idle.ended).toEqual({ abandoned: false });
  const early = work(two, scratch);
  early.stop();
  expect(await early.ended).toEqual({ abandoned: false });
});

test('a worker that was silent for too long is told once that another has its trial', async () => {
  const { runTrial, open, begun } = gate();
  const slow = work(one, scratch, { runTrial, stalledAfterSeconds: 1 });
  const { outcome } = await produce(studyOf(1), join(scratch, 'taken'), run);
  await until(() => begun() === 1);
  const [lock] = await run.redis.keys('outlast:*:trial-*:lock');
  // As when its lock ran out and another worker took the trial.
  await run.redis.set(lock, 'of another', 'EX', 600);
  await until(() => slow.events.some(({ type }) => type === 'warning'));
  await run.redis.del(lock);
  open();
  expect(await outcome).toMatchObject({ computed: 2, failed: [] });
  const lines = slow.events.flatMap((event) => (event.type === 'warning' ? [event.line] : []));
  expect(lines).toEqual([
    expect.stringMatching(
      /^trial-\w+ is not this worker's any more, what comes of it here is dropped: could not renew lock for job trial-/,
    ),
  ]);
  slow.stop();
  await slow.ended;
});

test('a trial whose workers die again and again is given up, and the next run tries it again', async () => {
  const { outcome } = await produce(studyOf(1), join(scratch, 'deadly'), run);
  for (let deaths = 1; deaths <= 4; deaths++) {
    const connection = await connect(server.url);
    const { runTrial, begun } = gate();
    void work(connection, scratch, { runTrial, stalledAfterSeconds: 0.3 });
    await until(() => begun() === 1);
    // It is heard of no more.
    connection.close();
  }
  const last = work(one, scratch, { stalledAfterSeconds: 0.3 });
  const { failed } = await outcome;
  expect(failed.map(({ message }) => message)).toEqual([
    'every worker that took it died or was silent for too long',
    `its training ${failed[0].id} failed`,
  ]);
  const again = await produce(studyOf(1), join(scratch, 'deadly'), run);
  expect(await again.outcome).toMatchObject({ computed: 2, failed: [] });
  last.stop();
  await last.ended;
});

test('Redis that is lost for good ends run and worker, though a trial is in hand that never ends', async () => {
  const { runTrial, begun } = gate();
  const { ended } = work(one, scratch, { runTrial });
  const idle = work(two, scratch);
  const { outcome } = await produce(studyOf(1), join(scratch, 'lost'), run);
  await until(() => begun() === 1 || idle.events.length > 0);
  await server.stop();
  const lost = `lost Redis at ${run.shown}: no answer for 2 s (connection refused); start it, then this again`;
  await Promise.all([outcome, ended, idle.ended].map((each) => expect(each).rejects.toThrow(lost)));
});

test('a worker that is told to stop while Redis is away ends as well', async () => {
  const { runTrial, begun } = gate();
  const busy = work(one, scratch, { runTrial });
  const { outcome } = await produce(studyOf(1), join(scratch, 'away'), run);
  await until(() => begun() === 1);
  await server.stop();
  busy.stop();
  await Promise.all([outcome, busy.ended].map((each) => expect(each).rejects.toThrow('lost Redis')));
});
