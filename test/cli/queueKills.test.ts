import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/analysis/study/queue/connection.node.ts';
import { drawUniform } from '../../src/base/philox.ts';
import {
  atWork,
  openPlace,
  type Place,
  type Process,
  runAlone,
  TRIALS,
  withoutTimes,
} from '../support/queueProcesses.ts';
import { type RedisServer, startRedis } from '../support/redisServer.ts';

let place: Place;
let server: RedisServer;
let alone: Record<string, unknown>;

beforeAll(async () => {
  server = await startRedis();
  place = await openPlace();
  alone = await runAlone(place);
});
afterAll(async () => {
  await server?.stop();
  place?.remove();
});

/** Uniform numbers in [0, 1), one after the other: the same for the same seed. */
function uniforms(seed: number): () => number {
  let drawn = 0;
  return () => drawUniform({ seed, stream: 0, substream: 0 }, 1, drawn++)[0];
}

/** The trials of a folder, each once, as one process that was never disturbed has them; none was collected twice. */
function expectWhole(folder: string): void {
  const run = join(place.scratch, folder);
  expect(withoutTimes(run)).toEqual(alone);
  expect(readdirSync(join(run, '.work'))).toEqual([]);
  const lines = readFileSync(join(run, 'timings.jsonl'), 'utf8').trim().split('\n');
  const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
  // A run killed between a trial and its line leaves no line.
  expect(ids.length).toBeLessThanOrEqual(TRIALS);
  expect(new Set(ids).size).toBe(ids.length);
}

/** So long that kills meet trials in hand. */
const SLOW = { TRIAL_MILLISECONDS: '400' };

/** Runs the study in a folder to its end, while run and workers are killed at random and started again. @returns how often */
async function killedRun(folder: string, most: number, uniform: () => number): Promise<number> {
  const { url } = server;
  const connection = await connect(url);
  const workers: Process[] = [1, 2, 3].map(() => place.worker(url, SLOW));
  let run = place.run(folder, url);
  let kills = 0;
  const isOver = () => run.child.exitCode !== null;
  const kill = async ({ child, ended }: Process) => {
    child.kill('SIGKILL');
    expect(await ended).toBeNull();
    kills++;
  };
  try {
    for (;;) {
      while (!isOver() && kills < most) {
        await delay(200 + 1200 * uniform());
        const pids = await atWork(connection);
        if (isOver()) break;
        if (uniform() < 0.25) {
          await kill(run);
          run = place.run(folder, url);
          continue;
        }
        // One that computes a trial, if any does.
        const busy = workers.filter(({ child }) => pids.includes(child.pid ?? 0));
        const from = busy.length > 0 ? busy : workers;
        const victim = from[Math.floor(from.length * uniform())];
        await kill(victim);
        workers[workers.indexOf(victim)] = place.worker(url, SLOW);
      }
      const code = await run.ended;
      if (code === 0) break;
      // A trial that was in hand at more than three deaths counts as failed, and is tried again by the next run.
      expect([code, run.said.errors]).toEqual([1, expect.stringContaining('died or was silent')]);
      run = place.run(folder, url);
    }
  } finally {
    for (const { child } of [run, ...workers]) child.kill('SIGKILL');
    connection.close();
  }
  expectWhole(folder);
  return kills;
}

// KILLS=20 SEED=2 npx vitest run test/cli/queueKills.test.ts: as often as wanted, at other moments.
test('run and workers over a queue, killed again and again: no trial is lost or doubled', async () => {
  const { KILLS = '4', SEED = '1' } = process.env;
  const wanted = Number(KILLS);
  const uniform = uniforms(Number(SEED));
  for (let round = 0, kills = 0; kills < wanted; round++)
    kills += await killedRun(`killed-${round}`, wanted - kills, uniform);
});
