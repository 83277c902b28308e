/** Wrong paths and counts of every command: one line that says what would be right, exit code 2, before anything is computed or written. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { fakeStudyText } from '../analysis/study/fakeTrials.ts';
import { collectTerminal } from './collectTerminal.ts';

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
