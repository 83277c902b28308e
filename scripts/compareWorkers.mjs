/**
 * Wall time of a study by three workers over a queue against one process, in turns: `node scripts/compareWorkers.mjs STUDY [ROUNDS]`.
 * The workers' start is part of their time. Prints each round and the ratio of the medians.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from './build.mjs';
import { root } from './driver.mjs';
import { freePort, provideRedis } from './redis.mjs';

const WORKERS = 3;

const [study, rounds = '3'] = process.argv.slice(2);
if (study === undefined) throw new Error('give a study file');
const scratch = mkdtempSync(join(tmpdir(), 'outlast-workers-'));

const outlast = (/** @type {string[]} */ ...words) =>
  spawn(process.execPath, [join(root, 'bin/outlast.mjs'), ...words], { stdio: ['ignore', 'ignore', 'pipe'] });

/**
 * Seconds of a run into a new folder.
 * @param {string} name
 * @param {string[]} words
 */
async function timeRun(name, ...words) {
  const began = performance.now();
  const run = outlast('study', 'run', study, '--out', join(scratch, name), ...words);
  let errors = '';
  run.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(run, 'close');
  if (code !== 0) throw new Error(`the run ended with exit code ${code}: ${errors}`);
  return (performance.now() - began) / 1000;
}

/**
 * @param {string} name
 * @param {string} url
 */
async function timeQueue(name, url) {
  const workers = Array.from({ length: WORKERS }, () => outlast('worker', '--queue', url));
  for (const { stderr } of workers) stderr.resume();
  const ends = workers.map((worker) => once(worker, 'close'));
  try {
    return await timeRun(name, '--queue', url);
  } finally {
    for (const worker of workers) worker.kill('SIGTERM');
    await Promise.all(ends);
  }
}

const median = (/** @type {number[]} */ values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Waits until a server listens.
 * @param {number} port
 * @throws when it does not within ten seconds
 */
async function untilListening(port) {
  for (let attempt = 1; ; attempt++) {
    const socket = createConnection(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await delay(100);
    } finally {
      socket.destroy();
    }
  }
}

await build();
const port = await freePort();
const { program, environment } = provideRedis();
const redis = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
  cwd: scratch,
  env: { ...process.env, ...environment },
  stdio: 'ignore',
});
try {
  await untilListening(port);
  /** @type {number[]} */
  const one = [];
  /** @type {number[]} */
  const three = [];
  for (let round = 1; round <= Number(rounds); round++) {
    one.push(await timeRun(`one-${round}`));
    three.push(await timeQueue(`three-${round}`, `redis://127.0.0.1:${port}`));
    console.log(`one process ${one.at(-1)?.toFixed(1)} s, ${WORKERS} workers ${three.at(-1)?.toFixed(1)} s`);
  }
  console.log(`${WORKERS} workers / one process: ${(median(three) / median(one)).toFixed(2)} (medians of ${rounds})`);
} finally {
  redis.kill();
  rmSync(scratch, { recursive: true, force: true });
}
