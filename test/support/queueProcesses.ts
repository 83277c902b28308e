/* Runs and workers as processes of their own, on a machine without a GPU. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Connection, connect } from '../../src/analysis/study/queue/connection.node.ts';
import { bundleProgram } from './bundleProgram.ts';

/** Two trainings, eight attacks. */
const STUDY = `name: fake
data: { name: mnist, train: 600, test: 1000 }
models: { depth: 18, width: 16 }
training: { epochs: 1, batch_size: 64, learning_rate: 0.05 }
defences:
  - { name: none }
  - { name: gaussian-augmentation, sigma: 0.3, ratio: 0.5 }
control: false
attacks:
  - { name: fgm, eps: [0.05, 0.1] }
  - { name: pgd, eps: [0.05, 0.1] }
`;

/** How many trials the study has. */
export const TRIALS = 10;

export interface Process {
  readonly child: ChildProcess;
  readonly said: { errors: string };
  readonly ended: Promise<number | null>;
}

/** A folder with the study in it, and the program. */
export interface Place {
  readonly scratch: string;
  /** Starts the command line. */
  start(words: readonly string[], environment?: Readonly<Record<string, string>>): Process;
  worker(url: string, environment?: Readonly<Record<string, string>>): Process;
  run(folder: string, url: string, environment?: Readonly<Record<string, string>>): Process;
  remove(): void;
}

/** Makes a place for processes. */
export async function openPlace(): Promise<Place> {
  // Beside the packages, so that the program finds them.
  const scratch = mkdtempSync(join(resolve('node_modules'), '.queue-'));
  const program = join(scratch, 'outlast.mjs');
  writeFileSync(join(scratch, 'fake.yaml'), STUDY);
  await bundleProgram('test/support/fakeWorkerProgram.ts', program);
  const start: Place['start'] = (words, environment = {}) => {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: scratch,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = { errors: '' };
    child.stderr.on('data', (text) => {
      said.errors += text;
    });
    const ended = new Promise<number | null>((done) => {
      child.on('close', (code) => done(code));
    });
    return { child, said, ended };
  };
  return {
    scratch,
    start,
    worker: (url, environment) => start(['worker', '--queue', url, '--stalled-after', '1'], environment),
    run: (folder, url, environment) =>
      start(['study', 'run', 'fake.yaml', '--out', folder, '--queue', url], environment),
    remove: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

/**
 * Everything that is stored of a run's trials but when they ended, and the digest that follows from it; the machine's times are the
 * same for the same trial.
 */
export function withoutTimes(folder: string): Record<string, unknown> {
  const trials = join(folder, 'trials');
  const entries = readdirSync(trials)
    .sort()
    .flatMap((id) => readdirSync(join(trials, id)).map((name) => join(id, name)))
    .map((path) => {
      const bytes = readFileSync(join(trials, path));
      if (path.endsWith('SHA256SUMS')) return [path, bytes.toString().replace(/\S+(?= +trial\.json)/, '')];
      const text = path.endsWith('.json') ? JSON.parse(bytes.toString()) : bytes.toString('base64');
      return [path, JSON.parse(JSON.stringify(text, (key, value) => (key === 'finishedAt' ? '' : value)))];
    });
  return Object.fromEntries(entries);
}

/** What a single process stores of the study, without a queue, that nobody disturbs. */
export async function runAlone({ scratch, start }: Place): Promise<Record<string, unknown>> {
  const single = start(['study', 'run', 'fake.yaml', '--out', 'alone']);
  expect(await single.ended, single.said.errors).toBe(0);
  return withoutTimes(join(scratch, 'alone'));
}

/** Ends workers, which must end well. */
export async function stop(...workers: readonly Process[]): Promise<void> {
  for (const { child } of workers) child.kill('SIGTERM');
  for (const { ended, said } of workers) expect(await ended, said.errors).toBe(0);
}

/** The last line of what a process said. */
export const lastLine = ({ said }: Process): string => said.errors.trim().split('\n').at(-1) ?? '';

/** The processes of workers that compute a trial. */
export async function atWork({ redis }: Pick<Connection, 'redis'>): Promise<number[]> {
  const locks = await redis.keys('outlast:trials-*:trial-*:lock');
  const names = await Promise.all(locks.map((lock) => redis.hget(lock.replace(/:lock$/, ''), 'pb')));
  return names.flatMap((name) => /\/(\d+)$/.exec(name ?? '')?.[1] ?? []).map(Number);
}

/** The process of a worker that computes a trial, once so many do. */
export async function oneAtWork(url: string, count: number): Promise<number> {
  const connection = await connect(url);
  try {
    for (;;) {
      const pids = await atWork(connection);
      if (pids.length >= count) return pids[0];
      await delay(20);
    }
  } finally {
    connection.close();
  }
}
