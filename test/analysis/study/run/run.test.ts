import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shadersForEsbuild } from '../../../../scripts/shaders.mjs';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { trialCosts } from '../../../../src/analysis/study/run/cost.ts';
import type { RunTrial } from '../../../../src/analysis/study/run/machine.ts';
import {
  planTrials,
  type RunEvent,
  type RunOptions,
  readFinished,
  runStudy,
  shardOf,
} from '../../../../src/analysis/study/run/run.ts';
import { OWN_PROCESS } from '../../../../src/analysis/study/store/claim.node.ts';
import { openRun, readRun } from '../../../../src/analysis/study/store/store.node.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { fakeAdapter, fakeRunTrial, fakeStudyText, fakeTrials } from '../../../support/fakeTrials.ts';
import { resnetOf } from '../../../support/resnetOf.ts';

const parsed = parseStudy(fakeStudyText, 'fake.yaml');
let scratch: string;
let child: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-run-'));
  child = join(scratch, 'child.cjs');
  await build({
    entryPoints: ['test/support/programs/runChild.ts'],
    outfile: child,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    plugins: [shadersForEsbuild],
  });
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** A fresh place for a run; the folder is not made yet. */
function newFolder(name: string): string {
  return join(scratch, name);
}

/** Runs the fake study in this process and tells what was computed. */
async function runHere(folder: string, runTrial: RunTrial = fakeRunTrial, select?: RunOptions['select']) {
  const store = await openRun(folder, parsed);
  const events: RunEvent[] = [];
  let opened = 0;
  let closed = 0;
  const openMachine = async () => {
    opened++;
    return { adapter: fakeAdapter, runTrial, close: () => void closed++ };
  };
  const outcome = await runStudy(parsed.study, { store, openMachine, select, onEvent: (e) => events.push(e) });
  return { outcome, events, opened, closed };
}

function trialFolders(folder: string): string[] {
  const trials = join(folder, 'trials');
  if (!existsSync(trials)) return [];
  return readdirSync(trials).filter((entry) => /^[0-9a-f]{24}$/.test(entry));
}

const withoutTime = <T extends { finishedAt: string }>(trials: readonly T[]) =>
  trials.map((t) => ({ ...t, finishedAt: '' }));

test('a finished trial names the choice of kernels that computed it, and nothing where these were the defaults', async () => {
  const kernelsOf = async (folder: string, kernels?: string) => {
    const store = await openRun(newFolder(folder), parsed);
    const openMachine = async () => ({ adapter: fakeAdapter, kernels, runTrial: fakeRunTrial, close: () => {} });
    await runStudy(parsed.study, { store, openMachine });
    const [id] = trialFolders(newFolder(folder));
    return JSON.parse(readFileSync(join(newFolder(folder), 'trials', id, 'trial.json'), 'utf8'));
  };
  expect((await kernelsOf('tuned', 'ab12')).kernels).toBe('ab12');
  expect(await kernelsOf('untuned')).not.toHaveProperty('kernels');
});

test('a study runs once; a second run computes nothing and opens no machine', async () => {
  const folder = newFolder('once');
  const first = await runHere(folder);
  const expected = await fakeTrials(parsed.study);
  expect(withoutTime(first.outcome.finished)).toEqual(withoutTime(expected));
  expect(first.outcome.computed).toBe(expected.length);
  expect([first.opened, first.closed]).toEqual([1, 1]);
  expect(first.events.filter(({ type }) => type === 'progress').length).toBe(expected.length);

  const second = await runHere(folder, async () => {
    throw new Error('computed again');
  });
  expect(second.outcome.finished).toEqual(first.outcome.finished);
  expect([second.outcome.computed, second.opened]).toEqual([0, 0]);
  expect(await readFinished(parsed.study, (await readRun(folder)).store)).toEqual(first.outcome.finished);
  expect(readdirSync(folder).sort()).toEqual(['.work', 'study.json', 'timings.jsonl', 'trials']);
  expect((await readRun(folder)).parsed.study).toEqual(parsed.study);
});

test('what each trial took is kept: the trial itself, and the run around it', async () => {
  const folder = newFolder('timings');
  const { outcome } = await runHere(folder, async (trial, context) => {
    await delay(20);
    return fakeRunTrial(trial, context);
  });
  const { store } = await readRun(folder);
  const timings = await store.timings();
  expect(timings.map(({ id }) => id)).toEqual(outcome.finished.map(({ id }) => id));
  // Timers may end a millisecond early.
  for (const { seconds, runnerSeconds } of timings) {
    expect(seconds).toBeGreaterThanOrEqual(0.019);
    expect(runnerSeconds).toBeGreaterThan(0);
  }
  const file = join(folder, 'timings.jsonl');
  const whole = readFileSync(file, 'utf8');
  // A kill or a full disk may leave half a line, after which others come; other damage is told.
  for (const cutOff of ['{"id":"00', '{"id":"00\n']) {
    writeFileSync(file, `${whole}${cutOff}`);
    expect(await store.timings()).toEqual(timings);
    const writing = await openRun(folder, parseStudy(fakeStudyText, 'fake.yaml'));
    await writing.recordTiming(timings[0]);
    expect(await store.timings()).toEqual([...timings, timings[0]]);
  }
  for (const damaged of ['null\n', '{"id":"00","seconds":1}\n']) {
    writeFileSync(file, `${whole}${damaged}`);
    await expect(store.timings()).rejects.toThrow(/timings\.jsonl:53: damaged/);
  }
});

test('when the limits are spent no further trial starts', async () => {
  const limited = (limits: string) => parseStudy(`${fakeStudyText}limits: ${limits}\n`, 'x');
  const run = async (name: string, limits: string, milliseconds: number) => {
    const given = limited(limits);
    const openMachine = async () => ({
      adapter: fakeAdapter,
      runTrial: async (...[trial, context]: Parameters<RunTrial>) => {
        await delay(milliseconds);
        return fakeRunTrial(trial, context);
      },
      close: () => {},
    });
    const events: RunEvent[] = [];
    const store = await openRun(newFolder(name), given);
    const outcome = await runStudy(given.study, { store, openMachine, onEvent: (event) => events.push(event) });
    return { outcome, last: events.at(-1) };
  };
  const { outcome, last } = await run('trials', '{ trials: 5 }', 0);
  expect([outcome.computed, outcome.left, outcome.failed]).toEqual([5, 47, []]);
  expect(last).toEqual({ type: 'stopped', left: 47, why: 'limits' });
  expect((await run('trials', '{ trials: 50 }', 0)).outcome).toMatchObject({ computed: 47, left: 0 });
  // The first trial takes longer than the limit.
  expect((await run('seconds', '{ seconds: 0.01 }', 20)).outcome).toMatchObject({ computed: 1, left: 51 });
});

test('a trial that is short of memory fails with the reason and is not begun; the rest goes on', async () => {
  const given = parseStudy(fakeStudyText.replace('width: 16', 'width: [16, 64]').replace('[18, 34]', '18'), 'x');
  const begun: number[] = [];
  const openMachine = async () => ({
    adapter: fakeAdapter,
    // A ResNet-18 of width 64 holds 11.2 million parameters, their gradients' sums and what the optimiser remembers: 45 MB each.
    memory: { costs: trialCosts(), largestBuffer: 2 ** 30, available: () => 100e6 },
    runTrial: async (...[trial, context]: Parameters<RunTrial>) => {
      begun.push(resnetOf((trial.kind === 'train' ? trial : trial.train).model).width);
      return fakeRunTrial(trial, context);
    },
    close: () => {},
  });
  const store = await openRun(newFolder('memory'), given);
  const { failed, finished } = await runStudy(given.study, { store, openMachine });
  expect(new Set(begun)).toEqual(new Set([16]));
  expect(finished).toHaveLength(2 + 3 * 8);
  expect(failed[0].message).toMatch(
    /^needs about \d{3} MB of memory, but 100 MB are free; a smaller batch_size or width/,
  );
  expect(failed).toHaveLength(2 + 3 * 8);
});

test('a failed training is recorded, its attacks are not tried, the rest goes on, and a later run repairs it', async () => {
  const folder = newFolder('failing');
  const broken: RunTrial = async (trial, context) => {
    if (trial.kind === 'train' && resnetOf(trial.model).depth === 34 && trial.defence.name === 'none') {
      throw new Error('device lost\nin conv2d');
    }
    return fakeRunTrial(trial, context);
  };
  const { outcome, closed } = await runHere(folder, broken);
  // The undefended depth-34 training serves no defence and feature squeezing: 2 x 8 attacks fall with it.
  expect(outcome.failed).toHaveLength(1 + 16);
  expect(outcome.failed[0].message).toBe('device lost in conv2d');
  expect(outcome.failed[1].message).toMatch(/^its training [0-9a-f]{24} failed$/);
  expect(outcome.finished).toHaveLength(52 - 17);
  expect(closed).toBe(1);
  const errors = readdirSync(join(folder, 'trials')).filter((entry) => entry.endsWith('.error.json'));
  expect(errors).toHaveLength(17);
  expect(readdirSync(join(folder, 'trials')).filter((entry) => entry.startsWith('.'))).toEqual([]);

  const repaired = await runHere(folder);
  expect(repaired.outcome.computed).toBe(17);
  expect(readdirSync(join(folder, 'trials')).sort()).toEqual(trialFolders(folder).sort());
  expect(trialFolders(folder)).toHaveLength(52);
});

test('wrong input found by a trial ends the run at once and leaves nothing half-written', async () => {
  const folder = newFolder('input');
  let begun = 0;
  const refusing: RunTrial = async () => {
    begun++;
    throw new InputError('train-images.idx: truncated');
  };
  await expect(runHere(folder, refusing)).rejects.toThrow(new InputError('train-images.idx: truncated'));
  expect(begun).toBe(1);
  expect(readdirSync(folder).sort()).toEqual(['.work', 'study.json', 'trials']);
  expect(readdirSync(join(folder, 'trials'))).toEqual([]);
});

test('an attack is given the folder and the record of its training', async () => {
  const seen: string[] = [];
  const folder = newFolder('training');
  await runHere(folder, async (trial, context) => {
    if (trial.kind === 'train') writeFileSync(join(context.folder, 'model.safetensors'), JSON.stringify(trial));
    else {
      const { training } = context;
      expect(JSON.parse(readFileSync(join(training!.folder, 'model.safetensors'), 'utf8'))).toEqual(trial.train);
      expect(training!.finished.trial).toEqual(trial.train);
      seen.push(training!.finished.id);
    }
    return fakeRunTrial(trial, context);
  });
  expect(new Set(seen).size).toBe(4);
});

test('a record that was tampered with is refused', async () => {
  const folder = newFolder('tampered');
  await runHere(folder);
  const [{ id }] = await planTrials(parsed.study);
  const file = join(folder, 'trials', id, 'trial.json');
  const whole = readFileSync(file, 'utf8');
  for (const damaged of [whole.slice(0, -50), whole.replace('"epochs":4', '"epochs":5'), '{}', 'null', '']) {
    writeFileSync(file, damaged);
    await expect(runHere(folder)).rejects.toThrow(/trial\.json.*remove .* to compute the trial again/);
  }
});

test('a folder with other files in it, or a file in its place, is not touched', async () => {
  const folder = newFolder('foreign');
  mkdirSync(folder);
  writeFileSync(join(folder, 'thesis.txt'), 'mine');
  await expect(openRun(folder, parsed)).rejects.toThrow(/holds other files \(thesis\.txt\)/);
  await expect(openRun(join(folder, 'thesis.txt'), parsed)).rejects.toThrow(InputError);
  expect(readdirSync(folder)).toEqual(['thesis.txt']);
  await expect(readRun(folder)).rejects.toThrow(/no study\.json/);
  await expect(readRun(join(folder, 'none'))).rejects.toThrow(/no such folder/);
});

/** Starts the child; resolves when it has ended. */
function start(folder: string, notes: string, milliseconds: number) {
  const process: ChildProcess = spawn('node', [child, folder, notes, String(milliseconds)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  process.stderr!.on('data', (text) => {
    errors += text;
  });
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) => {
    process.on('close', (code) => resolve({ code, errors }));
  });
  return { process, ended };
}

const notesIn = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);

test('killed at any moment and started again: the same trials, none of them computed twice', async () => {
  const folder = newFolder('killed');
  let kills = 0;
  for (let round = 0; ; round++) {
    const notes = join(scratch, `notes-${round}`);
    const before = trialFolders(folder);
    const { process, ended } = start(folder, notes, 4);
    // The first rounds are killed at a random moment, of the start or of the work; the last one is left to end.
    if (round < 10) {
      while (round % 3 !== 0 && process.exitCode === null && notesIn(notes).length === 0) await delay(2);
      await delay(120 * Math.random());
      process.kill('SIGKILL');
    }
    const { code, errors } = await ended;
    const begun = notesIn(notes).map((line) => /draft-([0-9a-f]{24})@/.exec(line)![1]);
    expect(new Set(begun).size).toBe(begun.length);
    expect(begun.filter((id) => before.includes(id))).toEqual([]);
    if (code === 0) break;
    expect(errors).toBe('');
    kills++;
    // Whatever has its final name is whole.
    for (const id of trialFolders(folder)) {
      expect(readFileSync(join(folder, 'trials', id, 'half.bin'), 'utf8')).toBe('first half, second half');
      expect(JSON.parse(readFileSync(join(folder, 'trials', id, 'trial.json'), 'utf8')).id).toBe(id);
    }
  }
  expect(kills).toBeGreaterThanOrEqual(1);
  expect(readdirSync(folder).sort()).toEqual(['.work', 'study.json', 'timings.jsonl', 'trials']);
  const finished = await readFinished(parsed.study, (await readRun(folder)).store);
  expect(withoutTime(finished)).toEqual(withoutTime(await fakeTrials(parsed.study)));
});

/** The trials that children began, in the order of their notes. */
const begunIn = (notes: string) => notesIn(notes).map((line) => /draft-([0-9a-f]{24})@/.exec(line)?.[1]);

test('of processes that work together, never two compute the same trial, and each ends with all of them', async () => {
  const folder = newFolder('together');
  const notes = join(scratch, 'notes-together');
  const ends = await Promise.all([0, 1, 2].map(() => start(folder, notes, 5).ended));
  expect(ends).toEqual([0, 1, 2].map(() => ({ code: 0, errors: '' })));
  const begun = begunIn(notes);
  expect(new Set(begun).size).toBe(begun.length);
  expect(begun).toHaveLength(52);
  expect(readdirSync(join(folder, '.work'))).toEqual([]);
});

test('what a living process is computing is not cleared away while another claims the same trial for a moment', async () => {
  const folder = newFolder('two-claims');
  await openRun(folder, parsed);
  const startOf = (pid: number) =>
    process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[19]
      : '0';
  const owners = [process.pid, process.ppid].map((pid) => `${OWN_PROCESS.host}@${pid}@${startOf(pid)}`);
  const id = '0'.repeat(24);
  for (const owner of owners) {
    writeFileSync(join(folder, '.work', `${id}@${owner}`), '');
    mkdirSync(join(folder, '.work', `.draft-${id}@${owner}`));
  }
  mkdirSync(join(folder, '.work', `.draft-${id}@${OWN_PROCESS.host}@${process.pid}@1`));
  await openRun(folder, parsed);
  expect(readdirSync(join(folder, '.work')).sort()).toEqual(
    owners.flatMap((owner) => [`.draft-${id}@${owner}`, `${id}@${owner}`]).sort(),
  );
});

test('the trial of a killed process is computed by another that waited for it', async () => {
  const folder = newFolder('taken-over');
  const notes = join(scratch, 'notes-taken-over');
  const holder = start(folder, notes, 60_000);
  while (notesIn(notes).length === 0) await delay(5);
  const helper = start(folder, notes, 0);
  // All but the holder's training and the attacks on its model: it serves two defences, 8 attacks each.
  while (trialFolders(folder).length < 52 - 1 - 16) await delay(5);
  const [held] = begunIn(notes);
  const { store } = await readRun(folder);
  expect(store.claims().get(held as string)).toMatchObject({ pid: holder.process.pid });
  holder.process.kill('SIGKILL');
  await holder.ended;
  expect(await helper.ended).toEqual({ code: 0, errors: '' });
  expect(trialFolders(folder)).toHaveLength(52);
  const begun = begunIn(notes);
  expect(begun.filter((id) => id === held)).toHaveLength(2);
  expect(begun).toHaveLength(53);
  expect(readdirSync(join(folder, '.work'))).toEqual([]);
});

test('shards share the trials among them, every training with its attacks', async () => {
  const folder = newFolder('shards');
  const computed: number[] = [];
  for (const index of [1, 2, 3]) {
    const { outcome } = await runHere(folder, fakeRunTrial, (planned) => shardOf(planned, { index, count: 3 }));
    computed.push(outcome.computed);
  }
  // Four trainings, two of them for both the undefended model and feature squeezing: 1 + 16, 1 + 8, 1 + 16, 1 + 8.
  expect(computed).toEqual([26, 9, 17]);
  expect((await runHere(folder)).outcome).toMatchObject({ computed: 0, failed: [] });
});

test('an attack that is selected brings its training along', async () => {
  const { outcome } = await runHere(newFolder('selected'), fakeRunTrial, (planned) => planned.slice(-1));
  expect(outcome.finished.map(({ trial }) => trial.kind)).toEqual(['train', 'attack']);
});
