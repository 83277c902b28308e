import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program/program.ts';
import { DeviceError } from '../../src/engine/errors.ts';
import { bundleProgram } from '../support/bundleProgram.ts';

let programs: string;
let scratch: string;
beforeAll(async () => {
  // Beside the packages, so that the program finds them.
  programs = await mkdtemp(join(resolve('node_modules'), '.program-'));
  scratch = await mkdtemp(join(tmpdir(), 'outlast-train-'));
  await bundleProgram('src/cli/main.ts', join(programs, 'outlast.mjs'));
});
afterAll(async () => {
  await rm(programs, { recursive: true });
  await rm(scratch, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `outlast train` in a process of its own, and sends it a signal when a condition holds. */
function train(words: readonly string[], signal?: NodeJS.Signals, when: () => boolean = () => false): Promise<Ended> {
  const child = spawn(process.execPath, [join(programs, 'outlast.mjs'), 'train', ...words]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const watch = setInterval(() => {
    if (signal === undefined || !when()) return;
    clearInterval(watch);
    child.kill(signal);
  }, 5);
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, ended) => {
      clearInterval(watch);
      done({ code, signal: ended, stdout, stderr });
    });
  });
}

const checkpointsIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('checkpoint-')) : [];

const linesOf = (folder: string): Record<string, unknown>[] =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Lines without what depends on the clock. */
const timeless = (folder: string) =>
  linesOf(folder)
    .filter(({ event }) => event === 'batch' || event === 'epoch')
    .map(({ imagesPerSecond: _, secondsLeft: __, ...line }) => line);

const small = [
  '--train',
  '400',
  '--test',
  '100',
  '--validation',
  '100',
  '--batch',
  '20',
  '--width',
  '2',
  '--epochs',
  '4',
];
const special = [
  '--optimiser',
  'adamw',
  '--learning-rate',
  '0.01',
  '--accumulate',
  '2',
  '--augment',
  'crop',
  '--label-smoothing',
  '0.1',
  '--adversarial',
  'madry',
  '--eps',
  '8/255',
  '--max-iter',
  '1',
  '--eps-warmup',
  '0.5',
];

test('killed, interrupted and resumed, training ends with the bits of one that was left alone', async () => {
  const [whole, broken] = [join(scratch, 'whole'), join(scratch, 'broken')];
  const alone = await train(['--out', whole, ...small, ...special]);
  expect(alone).toMatchObject({ code: 0 });
  expect(alone.stdout).toMatch(/^finished: ResNet-18, learning rate 0\.01\ntest accuracy \d/);

  const killed = await train(
    ['--out', broken, ...small, ...special],
    'SIGKILL',
    () => checkpointsIn(broken).length > 0,
  );
  expect(killed).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(existsSync(join(broken, 'model.safetensors'))).toBe(false);

  const linesBefore = () => (existsSync(join(broken, 'metrics.jsonl')) ? linesOf(broken).length : 0);
  const known = linesBefore();
  const interrupted = await train(['--out', broken, '--resume'], 'SIGTERM', () => {
    const text = readFileSync(join(broken, 'metrics.jsonl'), 'utf8');
    return text.includes('"start"') && text.split('\n').length > known + 2;
  });
  const rest = interrupted.code === 0 ? interrupted : await train(['--out', broken, '--resume']);
  if (interrupted.code !== 0) {
    // 128 and the signal's number (signal(7)), as shells tell it.
    expect(interrupted.code).toBe(128 + 15);
    expect(interrupted.stderr).toMatch(/interrupted: a checkpoint is written after the batches under way\n/);
    expect(interrupted.stderr).toMatch(/outlast: interrupted; `outlast train --out .* --resume` goes on\n$/);
  }
  expect(rest).toMatchObject({ code: 0 });

  const model = (folder: string) => readFileSync(join(folder, 'model.safetensors'));
  expect(model(broken).equals(model(whole))).toBe(true);
  // A line of an interrupted look is one more than an uninterrupted training has.
  const told = timeless(broken);
  for (const line of timeless(whole)) expect(told).toContainEqual(line);
  expect(checkpointsIn(broken)).toEqual(['checkpoint-00000045.safetensors', 'checkpoint-00000060.safetensors']);
  const result = JSON.parse(readFileSync(join(broken, 'result.json'), 'utf8'));
  expect(result).toMatchObject({ outcome: 'finished', config: { optimiser: 'adamw', epochs: 4 } });
  const adversarial = { method: 'madry', norm: 'inf', eps: 8 / 255, epsStep: 2 / 255, maxIter: 1, epsWarmup: 0.5 };
  expect(result.config.adversarial).toEqual(adversarial);
  expect(result.epochs).toEqual(JSON.parse(readFileSync(join(whole, 'result.json'), 'utf8')).epochs);
});

test('a learning rate is searched, and one that diverges is broken off', async () => {
  const out = join(scratch, 'search');
  const words = [
    '--out',
    out,
    ...small,
    '--epochs',
    '1',
    '--learning-rate',
    '1e12,0.05',
    '--price-per-hour',
    '3600',
    '--json',
  ];
  const { code, stdout, stderr } = await train(words);
  expect(code).toBe(0);
  const { config, search, cost, test } = JSON.parse(stdout);
  expect(config.learningRate).toBe(0.05);
  expect(search.map(({ accuracy }: { accuracy: number | null }) => accuracy === null)).toEqual([true, false]);
  expect(stderr).toMatch(/^learning rate 1000000000000: training diverged: the loss is /m);
  // At 3600 an hour, a second costs 1.
  expect(cost.money).toBeCloseTo(cost.wallSeconds, 12);
  expect(test.confusion.flat().reduce((a: number, b: number) => a + b)).toBe(100);
});

/** Runs `outlast train` in this process, without a device. */
async function refusal(words: readonly string[]) {
  let [stdout, stderr] = ['', ''];
  const stream = (add: (text: string) => void) =>
    new Writable({
      write: (chunk, _, done) => {
        add(String(chunk));
        done();
      },
    });
  const refuse = async () => {
    throw new DeviceError('no WebGPU adapter was found');
  };
  const terminal = {
    stdout: stream((text) => {
      stdout += text;
    }),
    stderr: stream((text) => {
      stderr += text;
    }),
  };
  const code = await runProgram(['train', ...words], { terminal, openDevice: refuse, openMachine: refuse });
  return { code, stdout, stderr };
}

describe('refuses, with exit code 2 and one line,', () => {
  test.each([
    [
      ['--out', 'x', '--model', 'vgg12'],
      /^outlast: train: "vgg12" is no model; did you mean "vgg1[13]"\? Known: resnet18, /,
    ],
    [
      ['--out', 'x', '--data', 'cifar'],
      /^outlast: --data: "cifar" is no data set; it must be mnist, cifar10, cifar100 or the path/,
    ],
    [['--out', 'x', '--learning-rate', '1,2'], /^outlast: train: several learning rates are chosen from by validation/],
    [
      ['--out', 'x', '--learning-rate', 'high'],
      /^outlast: option '--learning-rate <rates>' argument 'high' is invalid/,
    ],
    [
      ['--out', 'x', '--optimiser', 'adam', '--momentum', '0.5'],
      /^outlast: train: --momentum is not of --optimiser adam; it is of sgd/,
    ],
    [['--out', 'x', '--momentum', '1'], /^outlast: train: --momentum is 1; it must be at least 0 and below 1/],
    [['--out', 'x', '--gamma', '0.5'], /^outlast: train: --gamma is not of --schedule one-cycle; it is of step/],
    [
      ['--out', 'x', '--eps', '0.3', '--beta', '1'],
      /^outlast: train: --eps, --beta without --adversarial; give --adversarial madry or trades as well/,
    ],
    [['--out', 'x', '--adversarial', 'madry'], /^outlast: train: --adversarial madry needs --eps, such as --eps 0\.3/],
    [
      ['--out', 'x', '--adversarial', 'madry', '--eps', '0.3', '--beta', '1'],
      /^outlast: train: --beta is of --adversarial trades, not of madry/,
    ],
    [
      ['--out', 'x', '--adversarial', 'trades', '--eps', '3'],
      /^outlast: adversarial-training: eps is 3; it must be above 0 and at most 1, pixels lying in \[0, 1\]/,
    ],
    [
      ['--out', 'x', '--adversarial', 'pgd', '--eps', '0.3'],
      /^outlast: option '--adversarial <method>' argument 'pgd' is invalid\. Allowed choices are madry, trades\./,
    ],
    [['--out', '/nowhere', '--resume'], /^outlast: cannot read \/nowhere: no such file or folder/],
    [
      ['--out', '/nowhere', '--resume', '--epochs', '3'],
      /^outlast: train: --resume takes its options .* leave out --epochs/,
    ],
    [
      ['--out', 'x', '--batch', '1', '--validation', '100', '--learning-rate', '0.1,0.01'],
      /^outlast: training: with a batch of 1 image of 28 x 28 pixels, 5 of the 20 batch norms of resnet18 see one value a channel, the first \[1, 512, 1, 1\]/,
    ],
    [[], /^outlast: required option '--out <folder>' not specified/],
  ])('%j', async (words, message) => {
    const { code, stderr, stdout } = await refusal(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a folder that holds a training', async () => {
    const out = join(scratch, 'held');
    await cp('test/fixtures/torchvision/resnet50.safetensors', join(out, 'checkpoint-00000001.safetensors'));
    const { code, stderr } = await refusal(['--out', out]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `outlast: train: ${out} holds a training already; go on with --resume, or name another folder\n`,
    });
  });

  test('a checkpoint of another program', async () => {
    const out = join(scratch, 'foreign');
    await cp('test/fixtures/torchvision/resnet50.safetensors', join(out, 'checkpoint-00000001.safetensors'));
    const { code, stderr } = await refusal(['--out', out, '--resume']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/checkpoint-00000001\.safetensors: the metadata entry outlast\.training is missing/);
  });
});
