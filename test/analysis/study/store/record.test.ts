import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { planTrials } from '../../../../src/analysis/study/run/run.ts';
import { openRun, readRun } from '../../../../src/analysis/study/store/store.node.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { fakeTrials } from '../../../support/fakeTrials.ts';

const parsed = parseStudy(
  `name: kept
data: { name: mnist, train: 60, test: 30 }
models: { depth: 18, width: 4 }
training: { epochs: 2, batch_size: 20, learning_rate: 0.05 }
control: false
attacks: [{ name: pgd, eps: 0.1, max_iter: 5 }]
samples: 30
`,
  'kept.yaml',
);

let scratch: string;
let folder: string;
let runs = 0;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-record-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** Keeps the two trials of the study, each with a model beside it. */
beforeEach(async () => {
  folder = join(scratch, `run-${runs++}`);
  const store = await openRun(folder, parsed);
  for (const finished of await fakeTrials(parsed.study)) {
    const draft = await store.begin(finished.id);
    writeFileSync(join(draft.folder, 'model.safetensors'), 'weights');
    await draft.commit(finished);
  }
});

const pathOf = (id: string, name = 'trial.json') => join(folder, 'trials', id, name);

/** Reads both trials. */
async function read() {
  const { store } = await readRun(folder);
  for (const { id, trial } of await planTrials(parsed.study)) await store.read(id, trial);
  return store;
}

/** Changes the record of the training, or of the attack. */
async function edit([, kind, path, value]: Edit) {
  const [training, attack] = await planTrials(parsed.study);
  const file = pathOf(kind === 'train' ? training.id : attack.id);
  const record = JSON.parse(readFileSync(file, 'utf8')) as Edited;
  const steps = path.split('.');
  const last = steps.pop() as string;
  const place = steps.reduce((inside, step) => inside[step], record);
  place[last] = typeof value === 'function' ? value(record) : value;
  writeFileSync(file, `${JSON.stringify(record)}\n`);
  return file;
}

/** As an earlier version kept them, or somebody who knows what the digests are for. */
function unseal() {
  for (const id of readdirSync(join(folder, 'trials'))) rmSync(pathOf(id, 'SHA256SUMS'));
}

// biome-ignore lint/suspicious/noExplicitAny: edits are what no type allows.
type Edited = any;

/** A value at a path of the record: itself, or made of the record. Undefined takes it out. */
type Edit = readonly [what: string, kind: 'train' | 'attack', path: string, value: unknown, shown: boolean];

const without = (record: Edited) => record.result.records.slice(1);
const twice = (record: Edited) => [record.result.records[1], ...without(record)];
/** The first success as a failure in all but the sum. */
const flipped = ({ result: { records } }: Edited) => {
  const at = records.findIndex(({ success }: Edited) => success);
  return records.with(at, { ...records[at], success: false, successAfterRounding: false, firstStep: null });
};

/** Edits that would each change a figure, or break what reads it; whether the record alone shows that it was edited. */
const EDITS: readonly Edit[] = [
  ['a training time ten times as short', 'train', 'result.trainSeconds', 4.8, false],
  ['a training time below 0', 'train', 'result.trainSeconds', -1, true],
  ['a training time in text', 'train', 'result.trainSeconds', '48', true],
  ['no training time', 'train', 'result.trainSeconds', undefined, true],
  ['fewer operations', 'train', 'result.trainFlops', 1e6, false],
  ['fewer training images', 'train', 'result.trainSamples', 10, false],
  ['a part of an image', 'train', 'result.trainSamples', 59.5, true],
  ['an accuracy that the confusion matrix does not have', 'train', 'result.accuracy', 0.999, true],
  ['an accuracy above 1', 'train', 'result.accuracy', 98, true],
  ['a checkpoint in another folder', 'train', 'result.checkpoint', '../other/model.safetensors', true],
  ['epochs that are none', 'train', 'result.epochs', { 1: 'good' }, true],
  ['no adapter', 'train', 'adapter', {}, true],
  ['another adapter', 'train', 'adapter.name', 'faster', false],
  ['no time at which it was finished', 'train', 'finishedAt', 'yesterday', true],
  ['another configuration', 'train', 'trial.seed', 5, true],
  ['the result of another kind', 'train', 'result.kind', 'attack', true],
  ['no result', 'train', 'result', undefined, true],
  ['a row less', 'attack', 'result.records', without, true],
  ['a row twice', 'attack', 'result.records', twice, true],
  ['a success that is none', 'attack', 'result.records', flipped, true],
  ['a time that is none', 'attack', 'result.records.3.cost.seconds', null, true],
  ['a slower attack', 'attack', 'result.records.3.cost.seconds', 1e4, false],
  ['a higher robust accuracy', 'attack', 'result.robustAccuracy', 0.999, true],
  ['markup for a picture', 'attack', 'result.pictures.0.png', '"><script>', true],
];

describe('a record that was edited', () => {
  test.each(EDITS)('%s: one line that names the file and what to do, by the digest', async (...edited) => {
    const file = await edit(edited);
    const error = await read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe(
      `${file}: changed since the trial was kept, its SHA-256 is not that of SHA256SUMS; remove ${join(file, '..')} to compute the trial again`,
    );
  });

  test.each(EDITS)('%s: without a digest, by what it holds, where that shows it', async (...edited) => {
    unseal();
    const file = await edit(edited);
    const shown = edited.at(-1);
    const error = await read().catch((thrown: unknown) => thrown);
    if (!shown) return expect((error as Awaited<ReturnType<typeof read>>).unsealed()).toBe(2);
    expect(error).toBeInstanceOf(InputError);
    const { message } = error as Error;
    expect(message.startsWith(`${file}: damaged, `)).toBe(true);
    expect(message).toMatch(/; remove .* to compute the trial again$/);
    expect(message.split('\n')).toHaveLength(1);
  });
});

describe('digests', () => {
  test('are those of sha256sum', async () => {
    const [{ id }] = await planTrials(parsed.study);
    const printed = execFileSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: pathOf(id, ''), encoding: 'utf8' });
    expect(printed).toBe('model.safetensors: OK\ntrial.json: OK\n');
    expect((await read()).unsealed()).toBe(0);
  });

  test('hold the model, too: one that was changed is not attacked', async () => {
    const [{ id }] = await planTrials(parsed.study);
    const store = await openRun(folder, parsed);
    await store.verify(id);
    writeFileSync(pathOf(id, 'model.safetensors'), 'other weights');
    await expect(store.verify(id)).rejects.toThrow(/model\.safetensors: changed since the trial was kept/);
    rmSync(pathOf(id, 'model.safetensors'));
    await expect(store.verify(id)).rejects.toThrow(/cannot read .*model\.safetensors: no such file/);
  });

  test('that are damaged are refused; without any, trials are read as an earlier version kept them', async () => {
    const [{ id }] = await planTrials(parsed.study);
    writeFileSync(pathOf(id, 'SHA256SUMS'), 'nothing\n');
    await expect(read()).rejects.toThrow(/SHA256SUMS: damaged, it holds no SHA-256 of files; remove/);
    unseal();
    expect((await read()).unsealed()).toBe(2);
  });
});

test('the record of a failure that was edited is refused, with what to do', async () => {
  const [{ id, trial }] = await planTrials(parsed.study);
  const store = await openRun(folder, parsed);
  await store.recordFailure({ id, trial, message: 'it failed', stack: null, failedAt: '2025-01-02T03:04:05.000Z' });
  expect(await store.readFailure(id)).toMatchObject({ message: 'it failed' });
  const file = join(folder, 'trials', `${id}.error.json`);
  for (const text of ['[]', '{"id": 7}', readFileSync(file, 'utf8').replace('2025-01-02', 'some day')]) {
    writeFileSync(file, text);
    await expect(store.readFailure(id)).rejects.toThrow(
      /\.error\.json: damaged, .*; remove it to try the trial again$/,
    );
  }
});
