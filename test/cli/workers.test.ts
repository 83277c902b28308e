import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseStudy } from '../../src/analysis/study/file/parse.ts';
import { readFinished } from '../../src/analysis/study/run/run.ts';
import { readRun } from '../../src/analysis/study/store/store.node.ts';
import { bundleProgram } from '../support/bundleProgram.ts';
import { fakeStudyText, fakeTrials } from '../support/fakeTrials.ts';

let scratch: string;
let program: string;

beforeAll(async () => {
  // Beside the packages, so that the program finds them.
  scratch = mkdtempSync(join(resolve('node_modules'), '.workers-'));
  program = join(scratch, 'outlast.mjs');
  writeFileSync(join(scratch, 'fake.yaml'), fakeStudyText);
  await bundleProgram('test/support/fakeProgram.ts', program);
});
afterAll(() => rmSync(scratch, { recursive: true }));

function start(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child: ChildProcess = spawn(process.execPath, [program, ...words], {
    cwd: scratch,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  const ended = new Promise<{ code: number | null; errors: string }>((done) => {
    child.on('close', (code) => done({ code, errors }));
  });
  return { child, ended };
}

/** The trials of a folder without their times, which must be those of one process that was never disturbed. */
async function expectWhole(folder: string): Promise<void> {
  const { parsed, store } = await readRun(join(scratch, folder));
  const withoutTime = (trials: Awaited<ReturnType<typeof readFinished>>) =>
    trials.map((trial) => ({ ...trial, finishedAt: '' }));
  const expected = withoutTime(await fakeTrials(parseStudy(fakeStudyText, 'fake.yaml').study));
  expect(withoutTime(await readFinished(parsed.study, store))).toEqual(expected);
  expect(readdirSync(join(scratch, folder, '.work'))).toEqual([]);
}

test('wrong input that workers meet ends the run with one line', async () => {
  const words = ['study', 'run', 'fake.yaml', '--out', 'wrong', '--workers', '2'];
  const { code, errors } = await start(words, { WRONG_INPUT: 'train-images: 16 bytes are missing' }).ended;
  expect(code).toBe(2);
  expect(errors.trim().split('\n').at(-1)).toBe('outlast: train-images: 16 bytes are missing');
});

test('three workers compute every trial once, and the report is written', async () => {
  const { code, errors } = await start(['study', 'run', 'fake.yaml', '--out', 'three', '--workers', '3']).ended;
  expect(code, errors).toBe(0);
  const lines = errors.trim().split('\n');
  expect(lines[0]).toBe('52 trials to compute');
  expect(lines).toHaveLength(53);
  expect(new Set(lines).size).toBe(53);
  await expectWhole('three');
  expect(readFileSync(join(scratch, 'three/report.html'), 'utf8')).toContain('<!doctype html>');
});

/** Runs the study in a folder to its end, while workers and the run itself are killed at random. @returns how often */
async function killedRun(folder: string, most: number): Promise<number> {
  let kills = 0;
  for (;;) {
    const { child, ended } = start(['study', 'run', 'fake.yaml', '--out', folder, '--workers', '3']);
    while (child.exitCode === null && child.signalCode === null && kills < most) {
      await delay(100 + 200 * Math.random());
      const workers = await readRun(join(scratch, folder)).then(
        ({ store }) => [...store.claims().values()].map(({ pid }) => pid),
        // The folder is not made yet.
        () => [],
      );
      const victim = Math.random() < 0.2 ? child.pid : workers.at(-1);
      if (victim === undefined || child.exitCode !== null) continue;
      try {
        process.kill(victim, 'SIGKILL');
        kills++;
      } catch (error) {
        // It ended by itself in between.
        expect((error as NodeJS.ErrnoException).code).toBe('ESRCH');
      }
    }
    const { code, errors } = await ended;
    if (code === 0) break;
    // All workers were killed, or the run itself.
    expect([1, null], errors).toContain(code);
  }
  await expectWhole(folder);
  return kills;
}

// KILLS=20 npx vitest run test/cli/workers.test.ts: as often as wanted.
test('workers and the run itself, killed again and again: no trial is lost or doubled', async () => {
  const wanted = Number(process.env.KILLS ?? 5);
  for (let round = 0, kills = 0; kills < wanted; round++) kills += await killedRun(`killed-${round}`, wanted - kills);
});

test('a mistake that a worker finds ends the run with its words', async () => {
  const { code, errors } = await start(['study', 'run', 'missing.yaml', '--workers', '2']).ended;
  expect([code, errors]).toEqual([2, 'outlast: cannot read missing.yaml: no such file or folder\n']);
});
