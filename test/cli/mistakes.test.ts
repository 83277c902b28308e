/** Wrong paths and counts of every command: one line that says what would be right, exit code 2, before anything is computed or written. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program/program.ts';
import { collectTerminal } from '../support/collectTerminal.ts';
import { fakeStudyText } from '../support/fakeTrials.ts';

const checkout = process.cwd();
let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-mistakes-'));
  process.chdir(scratch);
  writeFileSync('file', 'x\n');
  writeFileSync('table.csv', `t\n${Array.from({ length: 20 }, (_, i) => i + 1).join('\n')}\n`);
  writeFileSync('study.yaml', fakeStudyText);
  writeFileSync('photos.yaml', fakeStudyText.replace(/name: mnist/, 'name: folder, path: wrong'));
});
afterEach(() => {
  process.chdir(checkout);
  rmSync(scratch, { recursive: true });
});

/** Runs a command line where no device may be opened. */
async function outlast(words: readonly string[]) {
  const { terminal, texts } = collectTerminal();
  const opened = () => Promise.reject(new Error('a device was opened'));
  const code = await runProgram(words, { terminal, openDevice: opened, openMachine: opened });
  return { code, said: { output: texts.stdout, errors: texts.stderr } };
}

const fit = ['survival', 'fit', 'table.csv', '--time', 't'];
const km = ['survival', 'km', 'table.csv', '--time', 't'];
const attack = ['attack', '--checkpoint', 'model.safetensors'];

/** Every flag and argument that names a file or folder, after the rest of its command. */
const paths: readonly (readonly [flag: string, words: readonly string[], writes: 'file' | 'folder' | null])[] = [
  ['--checkpoint', ['attack'], null],
  ['--data-dir', attack, null],
  ['--data', attack, null],
  ['--save', attack, 'folder'],
  ['--state', attack, 'file'],
  ['--json', attack, 'file'],
  ['--json', ['bench', 'kernels'], 'file'],
  ['--data-dir', ['bench', 'training'], null],
  ['--data-dir', ['data', 'fetch', 'cifar10'], 'folder'],
  ['--json', ['fidelity'], 'file'],
  ['--json', ['profile', 'resnet18'], 'file'],
  ['--trace', ['profile', 'resnet18'], 'file'],
  ['--out', ['study', 'run', 'study.yaml'], 'folder'],
  ['--data-dir', ['study', 'run', 'study.yaml'], null],
  ['--out', ['study', 'import', 'table.csv'], 'folder'],
  ['--json', fit, 'file'],
  ['--plots', fit, 'folder'],
  ['--json', km, 'file'],
  ['--plots', km, 'folder'],
  ['--out', ['train'], 'folder'],
  ['--data-dir', ['train', '--out', 'new'], null],
  ['--data', ['train', '--out', 'new'], null],
  ['--scratch', ['worker', '--queue', 'redis://localhost'], 'folder'],
];

test.each(paths)('%s of %j is never empty', async (flag, words) => {
  const { code, said } = await outlast([...words, flag, '']);
  expect([code, said.errors]).toEqual([
    2,
    expect.stringMatching(
      new RegExp(`^outlast: option '.*${flag} .* argument '' is invalid\\. It must not be empty\\.\n$`),
    ),
  ]);
  expect(said.output).toBe('');
});

const written = paths.filter(([, , writes]) => writes !== null);

test.each(written)('%s of %j cannot be below a file, nor be of the other kind', async (flag, words, writes) => {
  const before = readdirSync('.');
  const below = await outlast([...words, flag, join('file', 'new')]);
  expect([below.code, below.said.errors]).toEqual([
    2,
    expect.stringMatching(/^outlast: option .* A part of the path is a file, not a folder\.\n$/),
  ]);
  const [other, told] =
    writes === 'file' ? ['.', 'It is a folder, not a file.'] : ['file', 'It is a file, not a folder.'];
  const wrong = await outlast([...words, flag, other]);
  expect([wrong.code, wrong.said.errors.endsWith(`argument '${other}' is invalid. ${told}\n`)]).toEqual([2, true]);
  expect(readdirSync('.')).toEqual(before);
});

test.each<[string[], string]>([
  [
    ['survival', 'fit', '', '--time', 't'],
    "command-argument value '' is invalid for argument 'table'. It must not be empty.",
  ],
  [['study', 'run', ''], "command-argument value '' is invalid for argument 'file'. It must not be empty."],
  [['study', 'compare', 'a', ''], "command-argument value '' is invalid for argument 'folders'. It must not be empty."],
  [['study', 'status', 'wrong'], 'wrong: no such folder; give that of a run, such as runs/quickstart'],
  [['study', 'report', 'file'], 'file: not the folder of a run (it holds no study.json)'],
  // What the trials need is looked for before any of them is begun.
  [['study', 'run', 'photos.yaml'], 'cannot read wrong: no such file or folder'],
  [['train', '--out', 'new', '--data', './wrong'], 'cannot read ./wrong: no such file or folder'],
  [['train', '--out', 'new', '--data', './file'], 'cannot read ./file: a part of the path is a file, not a folder'],
  [
    ['train', '--out', 'new', '--data-dir', 'wrong'],
    `cannot read ${join('wrong', 't10k-images-idx3-ubyte')}: no such file or folder, nor as .gz or with a dot before idx`,
  ],
  [
    ['train', '--out', 'new', '--data', 'cifar10', '--data-dir', 'file'],
    'cannot read file: a part of the path is a file, not a folder',
  ],
  [['survival', 'km', '.', '--time', 't'], 'cannot read .: it is a folder, not a file'],
])('%j', async (words, message) => {
  const before = readdirSync('.');
  expect(await outlast(words)).toMatchObject({ code: 2, said: { output: '', errors: `outlast: ${message}\n` } });
  expect(readdirSync('.')).toEqual(before);
});

test('a study that wants more images of a folder than its smallest class has is refused before it trains', async () => {
  for (const [part, counts] of Object.entries({ train: { cat: 2, dog: 2 }, test: { cat: 7, dog: 4 } }))
    for (const [name, count] of Object.entries(counts)) {
      mkdirSync(join('wrong', part, name), { recursive: true });
      // The files are not looked into.
      for (let i = 0; i < count; i++) writeFileSync(join('wrong', part, name, `${i}.png`), '');
    }
  const study = (samples: number, data: string) =>
    `name: photos\ndata: {name: folder, path: wrong, ${data}}\nsamples: ${samples}\nmodels: {depth: 18}\n` +
    'training: {epochs: 1, batch_size: 2, learning_rate: 1}\nattacks: [{name: fgm, eps: 0.1}]\n';
  const refused = async (samples: number, data: string) => {
    writeFileSync('photos.yaml', study(samples, data));
    const { code, said } = await outlast(['study', 'run', 'photos.yaml']);
    expect([code, readdirSync('.')]).toEqual([2, ['file', 'photos.yaml', 'study.yaml', 'table.csv', 'wrong']]);
    return said.errors;
  };
  expect(await refused(10, 'split: standard')).toBe(
    'outlast: wrong: samples: cannot take 10 class-balanced test images: class 1 has 4, 5 are needed; take at most 8\n',
  );
  expect(await refused(7, 'split: standard')).toBe(
    'outlast: wrong: samples: cannot take 7 test images balanced over 2 classes: take 6 or 8\n',
  );
  expect(await refused(2, 'test: 12')).toBe('outlast: wrong: 12 images for testing, but the test split has 11\n');
  // A fifth of 9 cats and 6 dogs is three images: 1.8 and 1.2 of them.
  expect(await refused(4, 'split: shuffled')).toBe(
    'outlast: wrong: samples: cannot take 4 class-balanced test images: class 1 has 1, 2 are needed; take at most 2\n',
  );
  writeFileSync('photos.yaml', study(8, 'split: standard'));
  expect((await outlast(['study', 'run', 'photos.yaml'])).said.errors).toContain('a device was opened');
});

test('a file in place of a folder that nobody named is told of in one line', async () => {
  mkdirSync('run');
  writeFileSync(join('run', 'study.json'), fakeStudyText);
  writeFileSync(join('run', 'trials'), '');
  expect(await outlast(['study', 'clean', 'run'])).toMatchObject({
    code: 2,
    said: { errors: `outlast: cannot read ${join('run', 'trials')}: a part of the path is a file, not a folder\n` },
  });
});

/** Flags that count, with the most that they take. */
test.each<[string, readonly string[], number]>([
  ['--bootstrap', fit, 1e6],
  ['--cross-validate', fit, 1e9],
  ['--samples', attack, 1e9],
  ['--batch', attack, 1e9],
  ['--certify', attack, 1e9],
  ['--max-queries', attack, 1e9],
  ['--rounds', ['bench', 'kernels'], 1e6],
  ['--cases', ['fidelity'], 1e9],
  ['--size', ['profile', 'resnet18'], 65_536],
  ['--width', ['summary', 'resnet18'], 65_536],
  ['--classes', ['summary', 'resnet18'], 65_536],
  ['--channels', ['tune'], 65_536],
  ['--workers', ['study', 'run', 'study.yaml'], 9999],
  ['--train-samples', ['study', 'import', 'table.csv', '--out', 'new'], 1e9],
  ['--epochs', ['train', '--out', 'new'], 1e9],
  ['--resize', ['train', '--out', 'new'], 4096],
])('%s of %j has an upper bound', async (flag, words, most) => {
  for (const text of ['1e12', '1000000000000']) {
    const { code, said } = await outlast([...words, flag, text]);
    expect([code, said.errors]).toEqual([
      2,
      expect.stringMatching(
        new RegExp(`argument '${text}' is invalid\\. It must be a whole number from \\d+ to ${most}\\.\n$`),
      ),
    ]);
  }
});

test('a count may be written as 1e1; a share of one is none', async () => {
  const whole = await outlast([...fit, '--model', 'exponential', '--bootstrap', '1e1']);
  expect([whole.code, whole.said.output]).toEqual([0, expect.stringContaining('10 drawn tables')]);
  for (const text of ['9', '10.5', '-10', 'ten', '0x10'])
    expect((await outlast([...fit, '--bootstrap', text])).said.errors).toBe(
      `outlast: option '--bootstrap <draws>' argument '${text}' is invalid. It must be a whole number from 10.\n`,
    );
});
