import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { encode } from 'fast-png';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunTrial } from '../../../src/analysis/study/run/machine.ts';
import { InputError } from '../../../src/base/errors.ts';
import { runProgram } from '../../../src/cli/program/program.ts';
import { DeviceError } from '../../../src/engine/errors.ts';
import type { DataDir } from '../../../src/models/data/load.node.ts';
import { fakeAdapter, fakeRunTrial, fakeStudyText } from '../../support/fakeTrials.ts';

const checkout = process.cwd();
const quickstart = resolve('studies/quickstart.yaml');
let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-cli-'));
  process.chdir(scratch);
  writeFileSync('fake.yaml', fakeStudyText);
});
afterEach(() => {
  process.chdir(checkout);
  rmSync(scratch, { recursive: true });
});

function collector(isTTY = false) {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => chunks.join('') };
}

interface Options {
  readonly runTrial?: RunTrial;
  readonly isTTY?: boolean;
  /** Of standard output. */
  readonly columns?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs a command line on a fake machine. */
async function outlast(words: readonly string[], { runTrial = fakeRunTrial, isTTY, columns, variables }: Options = {}) {
  const stdout = collector();
  const stderr = collector(isTTY);
  let opened = 0;
  const dataDirs: (DataDir | undefined)[] = [];
  const surroundings = {
    terminal: { stdout: Object.assign(stdout.stream, { columns }), stderr: stderr.stream },
    openDevice: async () => {
      throw new DeviceError('no WebGPU adapter was found');
    },
    openMachine: async (dataDir?: DataDir) => {
      opened++;
      dataDirs.push(dataDir);
      return { adapter: fakeAdapter, runTrial, close: () => {} };
    },
  };
  const code = await runProgram(words, surroundings, variables);
  return { code, stdout: stdout.text(), stderr: stderr.text(), opened, dataDirs };
}

test('a study run writes trials and report; run again it only writes the report again', async () => {
  const first = await outlast(['study', 'run', 'fake.yaml']);
  expect(first).toMatchObject({ code: 0, opened: 1 });
  expect(readdirSync('runs/fake').sort()).toEqual([
    '.work',
    'data',
    'report.html',
    'report.json',
    'study.json',
    'timings.jsonl',
    'trials',
  ]);
  const lines = first.stderr.trim().split('\n');
  expect(lines).toHaveLength(1 + 52);
  expect(lines[0]).toBe('52 trials to compute');
  expect(lines[1]).toMatch(/^\[ 1\/52\] train ResNet-18, none: test accuracy 9\d\.\d % \(\d+\.\d s\), \d+ s left$/);
  expect(lines[52]).toMatch(/^\[52\/52\] pgd eps 0\.3 on ResNet-34, feature-squeezing: accuracy .* before, .* after/);
  expect(first.stdout).toMatch(/^Every model here .*\n {2}ResNet-18, No defence +TRASH \d/);
  expect(first.stdout).toContain(`Report: ${join('runs', 'fake', 'report.html')}\n`);

  const html = readFileSync('runs/fake/report.html', 'utf8');
  rmSync('runs/fake/report.html');
  const second = await outlast(['study', 'run', 'fake.yaml']);
  expect(second).toMatchObject({
    code: 0,
    opened: 0,
    stderr: 'all 52 trials are there already\n',
    stdout: first.stdout,
  });
  expect(readFileSync('runs/fake/report.html', 'utf8')).toBe(html);
});

test('--out names the folder, --json prints the report', async () => {
  const { code, stdout } = await outlast(['study', 'run', 'fake.yaml', '--out', 'elsewhere', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync('elsewhere/report.json', 'utf8')));
  expect(existsSync('runs')).toBe(false);
  const again = await outlast(['study', 'report', 'elsewhere', '--json']);
  expect(again).toMatchObject({ code: 0, stdout, stderr: '' });
});

test('a dry run lists trials and touches nothing', async () => {
  const before = await outlast(['study', 'run', quickstart, '--dry-run']);
  expect(before).toMatchObject({ code: 0, stderr: '', opened: 0 });
  expect(readdirSync('.')).toEqual(['fake.yaml']);
  expect(before.stdout.trim().split('\n').slice(-2)).toEqual([
    '76 trials, 76 to compute, in runs/quickstart',
    expect.stringMatching(
      /^4 trainings, 48 attacks and 24 controls to compute: about \d+ (s|min) \(a guess: runs holds no run yet\)$/,
    ),
  ]);
  await outlast(['study', 'run', 'fake.yaml']);
  const { stdout } = await outlast(['study', 'run', 'fake.yaml', '--dry-run']);
  expect(stdout).toMatch(/^[0-9a-f]{24} {2}finished {2}train ResNet-18, none\n/);
  expect(stdout).toContain('52 trials, 0 to compute');
  const more = fakeStudyText.replace('name: fake', 'name: more').replace('[18, 34]', '[18, 34, 50]');
  writeFileSync('more.yaml', more);
  expect((await outlast(['study', 'run', 'more.yaml', '--dry-run'])).stdout).toMatch(
    /\n6 trainings and 72 attacks to compute: about \d+ s \(from 52 trials of runs\/fake\)\n$/,
  );
});

test('a failed trial is one line and exit 1, and the report is written without it', async () => {
  const failing: RunTrial = async (trial, context) => {
    if (trial.kind === 'attack' && trial.attack.eps === 0.3) throw new Error('out of\nmemory');
    return fakeRunTrial(trial, context);
  };
  const { code, stderr } = await outlast(['study', 'run', 'fake.yaml'], { runTrial: failing });
  expect(code).toBe(1);
  const lines = stderr.trim().split('\n');
  expect(lines.filter((line) => line.endsWith('FAILED: out of memory'))).toHaveLength(12);
  expect(lines.at(-1)).toBe(
    `outlast: 12 of 52 trials failed (${join('runs', 'fake', 'trials')}/*.error.json); the first: out of memory`,
  );
  expect(readFileSync('runs/fake/report.html', 'utf8')).toContain('12 of 52 trials are missing');

  const status = await outlast(['study', 'status', 'runs/fake']);
  expect(status.stdout).toMatch(/^runs\/fake: 40 of 52 trials finished, 0 at work, 12 failed, 0 missing\n/);
  expect(status.stdout).toContain('failed: out of memory\n');
  const narrow = (await outlast(['study', 'status', 'runs/fake'], { columns: 60 })).stdout.trimEnd().split('\n');
  for (const line of narrow) expect(line.length).toBeLessThanOrEqual(60);
  // The same words in the same order.
  expect(narrow.join('\n').split(/\s+/)).toEqual(status.stdout.trimEnd().split(/\s+/));
  const { trials, overhead, ...counts } = JSON.parse(
    (await outlast(['study', 'status', 'runs/fake', '--json'])).stdout,
  );
  expect(overhead.timed).toBe(40);
  expect(overhead.share).toBe(overhead.seconds.runner / (overhead.seconds.runner + overhead.seconds.trials));
  expect(counts).toEqual({
    study: 'fake',
    folder: 'runs/fake',
    total: 52,
    finished: 40,
    working: 0,
    failed: 12,
    missing: 0,
  });
  expect(trials).toHaveLength(52);

  const retried = await outlast(['study', 'retry', 'runs/fake']);
  expect(retried.stderr).toMatch(/^12 trials to compute\n/);
  expect(retried.code).toBe(0);
  expect((await outlast(['study', 'retry', 'runs/fake'])).stdout).toBe('runs/fake: no trial has failed\n');
});

test('a study that takes days starts with --yes only, and says how long it will take', async () => {
  writeFileSync('long.yaml', fakeStudyText.replace('epochs: 4', 'epochs: 40000'));
  const refused = await outlast(['study', 'run', 'long.yaml']);
  expect(refused).toMatchObject({ code: 2, opened: 0 });
  expect(refused.stderr).toMatch(/^outlast: 4 trainings and 48 attacks to compute: about \d+ days .*; --yes starts it/);
  expect(existsSync('runs')).toBe(false);
  const started = await outlast(['study', 'run', 'long.yaml', '--yes']);
  expect(started.code).toBe(0);
  expect(started.stderr).toMatch(/^4 trainings and 48 attacks to compute: about \d+ days .*\n52 trials to compute\n/);
});

test('limits of the study: a run stops, says what is left, and the next one goes on', async () => {
  writeFileSync('limited.yaml', `${fakeStudyText}limits: { trials: 30 }\n`);
  const first = await outlast(['study', 'run', 'limited.yaml']);
  expect(first.code).toBe(0);
  expect(first.stderr.trim().split('\n').at(-1)).toBe(
    'the limits of the study are spent: 22 trials are left; run it again to go on',
  );
  const second = await outlast(['study', 'run', 'limited.yaml']);
  expect(second.stderr).toMatch(/^22 of 52 trials to compute\n/);
  expect(second.stderr).not.toContain('limits');
});

test('a shard computes its part; the report is of what is there', async () => {
  const first = await outlast(['study', 'run', 'fake.yaml', '--shard', '1/3']);
  expect(first.stderr).toMatch(/^26 trials to compute\n/);
  expect(readFileSync('runs/fake/report.html', 'utf8')).toContain('26 of 52 trials are missing');
  expect((await outlast(['study', 'run', 'fake.yaml', '--shard', '2/3', '--dry-run'])).stdout).toContain(
    '9 trials, 9 to compute',
  );
});

test('clean removes what is left over, and finished trials only when told', async () => {
  await outlast(['study', 'run', 'fake.yaml']);
  expect((await outlast(['study', 'clean', 'runs/fake'])).stdout).toBe('runs/fake: nothing to remove\n');
  const trials = readdirSync('runs/fake/trials').sort();
  writeFileSync(`runs/fake/trials/${trials[0]}.error.json`, '{}');
  mkdirSync(`runs/fake/.work/.draft-${trials[1]}@elsewhere@1@1`);
  mkdirSync(`runs/fake/trials/${'0'.repeat(24)}`);

  const told = await outlast(['study', 'clean', 'runs/fake', '--dry-run']);
  expect(told.stdout).toContain(`would remove runs/fake/trials/${trials[0]}.error.json: the trial has been finished`);
  expect(told.stdout).toContain(`would remove runs/fake/.work/.draft-${trials[1]}@elsewhere@1@1: left by a process`);
  expect(told.stdout).toContain('1 finished trials are not named by the study any more');
  expect(readdirSync('runs/fake/trials')).toHaveLength(54);
  await outlast(['study', 'clean', 'runs/fake']);
  expect(readdirSync('runs/fake/trials').sort()).toEqual(['0'.repeat(24), ...trials]);
  expect(readdirSync('runs/fake/.work')).toEqual([]);
  await outlast(['study', 'clean', 'runs/fake', '--orphans']);
  expect(readdirSync('runs/fake/trials').sort()).toEqual(trials);
});

test.each([
  [['study', 'run', 'fake.yaml', '--shard', '4/3'], /'4\/3' is invalid.*i\/n with i from 1 to n, such as 2\/8/],
  [['study', 'run', 'fake.yaml', '--workers', '0'], /'0' is invalid.*a whole number from 1/],
  [['study', 'status', 'nowhere'], /^outlast: nowhere: no such folder; .*\n$/],
  [['study', 'run', 'none.yaml'], /^outlast: cannot read none\.yaml: no such file or folder\n$/],
  [['study', 'run'], /^outlast: missing required argument 'file'\n$/],
  [['study', 'run', 'fake.yaml', '--jsn'], /^outlast: unknown option '--jsn' \(Did you mean --json\?\)\n$/],
  [
    ['study', 'run', 'fake.yaml', '--dry-run', '--json'],
    /^outlast: option '--dry-run' cannot be used with option '--json'\n$/,
  ],
  [['study', 'run', 'fake.yaml', 'more'], /^outlast: too many arguments.*\n$/],
  [['studdy'], /^outlast: unknown command 'studdy' \(Did you mean study\?\)\n$/],
  [['study', 'rnu'], /^outlast: unknown command 'rnu' \(Did you mean run\?\)\n$/],
  [['study', 'report', 'nowhere'], /^outlast: nowhere: no such folder; .*\n$/],
  [['study', 'report', '.'], /^outlast: \.: not the folder of a run \(it holds no study\.json\)\n$/],
  [['study', 'run', 'fake.yaml', '--out', '.'], /^outlast: \.: holds other files \(fake\.yaml\); .*\n$/],
] as const)('wrong input %j: one line, exit 2, nothing written', async (words, message) => {
  const { code, stdout, stderr, opened } = await outlast(words);
  expect(stderr).toMatch(message);
  expect({ code, stdout, opened }).toEqual({ code: 2, stdout: '', opened: 0 });
  expect(readdirSync('.')).toEqual(['fake.yaml']);
});

test('--version', async () => {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  expect(await outlast(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  expect(await outlast(['-V'])).toMatchObject({ code: 0, stdout: `${version}\n` });
});

test.each([
  [
    ['train', '--epochs', '0', '--stem', 'vgg', '--momentum', 'x'],
    [
      "option '--epochs <count>' argument '0' is invalid. It must be a whole number from 1.",
      "option '--stem <stem>' argument 'vgg' is invalid. Allowed choices are imagenet, cifar.",
      "option '--momentum <factor>' argument 'x' is invalid. It must be a number or a fraction such as 8/255.",
      "required option '--out <folder>' not specified",
    ],
  ],
  // What follows from a flag that is not known is not told: here the one that is required is misspelt, and its value is left over.
  [
    ['train', '--uot', 'a', '--epochs', '0', '--wdth', '3'],
    [
      "option '--epochs <count>' argument '0' is invalid. It must be a whole number from 1.",
      "unknown option '--uot' (Did you mean --out?)",
      "unknown option '--wdth'",
    ],
  ],
  [
    ['profile', '--batch', '0'],
    [
      "option '--batch <images>' argument '0' is invalid. It must be a whole number from 1.",
      "missing required argument 'model'",
    ],
  ],
  [
    ['study', 'run', 'fake.yaml', 'more', '--dry-run', '--json'],
    [
      "option '--dry-run' cannot be used with option '--json'",
      "too many arguments for 'run'. Expected 1 argument but got 2.",
    ],
  ],
])('%j: all mistakes of the line are told', async (words, mistakes) => {
  const { code, stdout, stderr } = await outlast(words);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toBe(`outlast: ${mistakes.length} mistakes:\n${mistakes.map((line) => `  ${line}\n`).join('')}`);
});

test('a variable of the environment that is no number is wrong input, but hinders no help', async () => {
  const variables = { OUTLAST_WAIT_LIMIT: 'never' };
  expect(await outlast(['doctor'], { variables })).toMatchObject({
    code: 2,
    stdout: '',
    stderr: 'outlast: OUTLAST_WAIT_LIMIT is "never"; it must be a number of seconds above 0, and below 2147483\n',
  });
  expect(await outlast(['--version'], { variables })).toMatchObject({ code: 0, stderr: '' });
  // 0 is "off".
  const { stderr } = await outlast(['doctor'], { variables: { OUTLAST_DEBUG: '0' } });
  expect(stderr).toBe('outlast: no WebGPU adapter was found\n');
});

test('a model of which only the depth is said is the same for every command and for studies', async () => {
  const helps = await Promise.all(['train', 'summary', 'profile', 'tune'].map((name) => outlast([name, '--help'])));
  for (const { stdout } of helps) {
    // torchvision's resnet18: conv1 is Conv2d(3, 64, kernel_size=7, stride=2, padding=3).
    expect(stdout).toMatch(/--width <channels>\s+channels\s+of\s+the\s+first\s+stage\s+\(resnet,[^)]*\s64\)/);
    expect(stdout).toMatch(/--stem <stem> [^)]*\(resnet,\s+densenet:\s+imagenet\)/);
  }
});

test('all mistakes of a study file are told', async () => {
  writeFileSync('fake.yaml', fakeStudyText.replace('width: 16', 'width: 0').replace('epochs: 4', 'epochs: none'));
  const { code, stderr } = await outlast(['study', 'run', 'fake.yaml']);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(
      /^outlast: 2 mistakes in fake\.yaml:\n {2}fake\.yaml:3:35: models\.width: .*\n {2}fake\.yaml:4:\d+: training\.epochs: .*\n$/,
    ),
  ]);
});

test('a mistake in a study file: one line with its place, exit 2, no folder made', async () => {
  writeFileSync('fake.yaml', fakeStudyText.replace('width: 16', 'width: 0'));
  const { code, stderr } = await outlast(['study', 'run', 'fake.yaml']);
  expect([code, stderr]).toEqual([2, 'outlast: fake.yaml:3:35: models.width: 0 is too small; it must be at least 1\n']);
  expect(readdirSync('.')).toEqual(['fake.yaml']);
});

test('wrong input that a trial finds is exit 2 as well', async () => {
  const runTrial: RunTrial = async () => {
    throw new InputError('t10k-images.idx3-ubyte: truncated');
  };
  const { code, stderr } = await outlast(['study', 'run', 'fake.yaml'], { runTrial });
  expect([code, stderr]).toEqual([2, '52 trials to compute\noutlast: t10k-images.idx3-ubyte: truncated\n']);
});

test('the folder of the data set reaches the machine', async () => {
  const { dataDirs } = await outlast(['study', 'run', 'fake.yaml', '--data-dir', '/data/mnist']);
  expect(dataDirs).toEqual(['/data/mnist']);
  const several = ['--data-dir', 'cifar10=/data/ten', '--data-dir', 'cifar100=/data/a=b'];
  const named = await outlast(['study', 'run', 'fake.yaml', '--out', 'again', ...several]);
  expect(named.dataDirs).toEqual([{ cifar10: '/data/ten', cifar100: '/data/a=b' }]);
  const mixed = await outlast(['study', 'run', 'fake.yaml', '--data-dir', 'x', '--data-dir', 'mnist=y']);
  expect([mixed.code, mixed.stderr]).toEqual([2, expect.stringContaining('Several folders need the names')]);
});

test.each([
  [['--help'], /Usage: outlast \[options\] \[command\][\s\S]*doctor[\s\S]*study/],
  [['study', '--help'], /Usage: outlast study[\s\S]*run[\s\S]*report/],
  [['study', 'run', '--help'], /Usage: outlast study run[\s\S]*--out[\s\S]*--dry-run[\s\S]*--json/],
  [['study', 'report', '--help'], /Usage: outlast study report/],
  [['doctor', '--help'], /Usage: outlast doctor/],
  [['profile', '--help'], /Usage: outlast profile[\s\S]*--width[\s\S]*--trace/],
])('%j prints help, exit 0', async (words, help) => {
  const { code, stdout, stderr } = await outlast(words);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(help);
});

test.each([[[]], [['study']]])('%j alone says how it is used, exit 2', async (words) => {
  const { code, stdout, stderr } = await outlast(words);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('Usage: outlast');
});

test('an error of the machine is one line and exit 1; its stack is shown for debugging', async () => {
  const plain = await outlast(['doctor']);
  expect(plain).toMatchObject({ code: 1, stdout: '', stderr: 'outlast: no WebGPU adapter was found\n' });
  const debug = await outlast(['doctor', '--json'], { variables: { OUTLAST_DEBUG: '1' } });
  expect(debug.stderr).toMatch(/^outlast: DeviceError: no WebGPU adapter was found\n {4}at /);
  expect(JSON.parse(debug.stdout)).toEqual({ adapter: null, advice: 'no WebGPU adapter was found' });
});

test.each([
  [
    ['profile', 'resnet19'],
    expect.stringMatching(
      /^outlast: profile: "resnet19" is no model; did you mean "resnet18"\? Known: resnet18, .*\n$/,
    ),
  ],
  [
    ['profile', 'resnet18', '--width', '0.5'],
    "outlast: option '--width <channels>' argument '0.5' is invalid. It must be a whole number from 1.\n",
  ],
  [
    ['profile', 'resnet18', '--step', 'run'],
    "outlast: option '--step <step>' argument 'run' is invalid. Allowed choices are train, infer.\n",
  ],
])('%j is refused in one line, exit 2', async (words, line) => {
  expect(await outlast(words)).toMatchObject({ code: 2, stdout: '', stderr: line });
});

test('on a terminal there are bars, and what has ended stays above them', async () => {
  const { code, stderr } = await outlast(['study', 'run', 'fake.yaml'], { isTTY: true });
  expect(code).toBe(0);
  expect(stderr).toContain('━');
  expect(stderr).toContain('/52 trials');
  expect(stderr).toContain('pgd eps 0.3 on ResNet-34, feature-squeezing: accuracy');
});

test('--resize and --crop bring the images of a folder to one size, and belong to folders only', async () => {
  mkdirSync('images/a', { recursive: true });
  for (const [name, width] of Object.entries({ one: 9, three: 9, two: 12, zebra: 9 }))
    writeFileSync(`images/a/${name}.png`, encode({ width, height: 10, channels: 1, data: new Uint8Array(10 * width) }));
  const train = ['train', '--out', 'out', '--data', './images', '--split', 'shuffled'];
  expect(await outlast(train)).toMatchObject({
    code: 2,
    stderr: `outlast: ${join('images', 'a', 'two.png')}: 12 x 10 pixels, but ${join('images', 'a', 'one.png')} has 9 x 10: --resize and --crop bring them to one size (resize, crop in a study file)\n`,
  });
  // All is right with the images: the machine has no device.
  const sized = await outlast([...train, '--resize', '8', '--crop', '8']);
  expect(sized).toMatchObject({ code: 1, stderr: 'outlast: no WebGPU adapter was found\n' });
  expect(await outlast(['train', '--out', 'out', '--crop', '8'])).toMatchObject({
    code: 2,
    stderr: 'outlast: --resize and --crop are for folders of images; those of mnist have one size\n',
  });
  expect(await outlast([...train, '--resize', '5000'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('It must be a whole number from 1 to 4096.'),
  });
});
