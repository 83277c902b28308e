import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readFinished } from '../../src/analysis/study/run/run.ts';
import { openRun, readRun } from '../../src/analysis/study/store/store.node.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import { collectTerminal } from '../support/collectTerminal.ts';
import { fakeAdapter, fakeRunTrial, fakeTrials } from '../support/fakeTrials.ts';
import { placesAmong, useFaultyFiles } from '../support/faultyFiles.ts';

/*
 * A study of a training and two attacks, in a process that is killed at each call that writes into its folder, or for which such a call
 * fails: a sample of them, or all with FAULTS=all.
 */

const STUDY = `name: tiny
data: { name: mnist, train: 60, test: 30 }
models: { depth: 18, width: 4 }
training: { epochs: 2, batch_size: 20, learning_rate: 0.05 }
control: false
attacks: [{ name: fgm, eps: [0.05, 0.1] }]
samples: 30
`;

const files = useFaultyFiles('test/support/programs/smallStudy.ts');
let folder: string;
let words: string[];
let calls: string[];

beforeAll(async () => {
  const scratch = files.scratch('study');
  folder = join(scratch, 'run');
  writeFileSync(join(scratch, 'tiny.yaml'), STUDY);
  words = ['study', 'run', join(scratch, 'tiny.yaml'), '--out', folder];
  calls = await files.calls(words, folder);
  rmSync(folder, { recursive: true });
});

/** Runs the study again in this process, undisturbed, and looks at all that is there then. Removes the folder. */
async function expectWhole(place: string): Promise<void> {
  const { terminal, texts } = collectTerminal();
  const openDevice = () => Promise.reject(new Error('no device is needed'));
  const machine = { adapter: fakeAdapter, close: () => {} };
  const code = await runProgram(words, {
    ...{ terminal, openDevice },
    openMachine: async () => ({
      ...machine,
      runTrial: async (trial, context) => {
        if (trial.kind === 'train') writeFileSync(join(context.folder, 'model.safetensors'), 'weights '.repeat(500));
        return fakeRunTrial(trial, context);
      },
    }),
  });
  expect(code, `${place}: ${texts.stderr}`).toBe(0);
  const { parsed } = await readRun(folder);
  const store = await openRun(folder, parsed);
  const finished = await readFinished(parsed.study, store);
  const timeless = finished.map((trial) => ({ ...trial, finishedAt: '' }));
  const expected = (await fakeTrials(parsed.study)).map((trial) => ({ ...trial, finishedAt: '' }));
  expect(timeless, place).toEqual(expected);
  // Each once, and nothing else.
  const names = finished.map(({ id }) => id).sort();
  expect(
    readdirSync(join(folder, 'trials'))
      .filter((name) => !name.endsWith('.tmp'))
      .sort(),
    place,
  ).toEqual(names);
  for (const { id } of finished) await store.verify(id);
  expect(readFileSync(join(store.folderOf(finished[0].id), 'model.safetensors'), 'utf8')).toBe('weights '.repeat(500));
  expect(readdirSync(join(folder, '.work')), place).toEqual([]);
  expect(await store.timings().then((timings) => timings.length), place).toBeLessThanOrEqual(names.length);
  expect(readFileSync(join(folder, 'report.html'), 'utf8').trimEnd().slice(-7)).toBe('</html>');
  rmSync(folder, { recursive: true });
}

/** The numbers of calls, from 1, whose name is one of these; of all calls without them. */
const numbered = (...names: readonly string[]) =>
  calls.flatMap((call, i) => (names.length === 0 || names.some((name) => call.startsWith(`${name} `)) ? [i + 1] : []));

test('killed before a call that writes, or half-way through it: the next run has everything once, with the figures of an undisturbed one', async () => {
  const halves = numbered('write', 'writeFile', 'appendFile', 'rm');
  expect([calls.length, halves.length].map((count) => count > 30)).toEqual([true, true]);
  for (const [fault, places] of [
    ['kill', placesAmong(numbered(), 3)],
    ['half', placesAmong(halves, 2)],
  ] as const)
    for (const at of places) {
      const place = `${fault} at ${at}, ${calls[at - 1]}`;
      const { signal, stderr } = await files.run(words, { fault, at, under: folder });
      expect(signal, `${place}: ${stderr}`).toBe('SIGKILL');
      await expectWhole(place);
    }
});

test('a disk that is full or broken from a call on is told in one line; the next run goes on', async () => {
  for (const [fault, at] of [
    ...placesAmong(numbered('open', 'write', 'writeFile', 'appendFile', 'mkdir', 'fsync'), 1).map(
      (at) => ['ENOSPC', at] as const,
    ),
    ...placesAmong(numbered(), 2).map((at) => ['EIO', at] as const),
  ]) {
    const place = `${fault} at ${at}, ${calls[at - 1]}`;
    const { code, stderr } = await files.run(words, { fault, at, under: folder });
    expect([0, 1], `${place}: ${stderr}`).toContain(code);
    const said = stderr.trim().split('\n').at(-1);
    // Nothing that the run cannot do without.
    if (code === 0) expect(stderr, place).not.toContain(fault);
    else expect(said, place).toMatch(new RegExp(`^outlast: .*${fault}`));
    expect(stderr, place).not.toMatch(/\n\s+at /);
    await expectWhole(place);
  }
});
