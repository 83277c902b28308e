import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { openDevice } from '../../src/engine/platform/node.ts';
import { readCheckpoint } from '../../src/models/checkpoint/file.node.ts';

const CHECKPOINT = 'test/fixtures/attacks/resnet.safetensors';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'outlast-attack-'));
});
afterAll(() => rm(scratch, { recursive: true }));

async function attack(...words: string[]) {
  const collect = () => {
    const chunks: string[] = [];
    const write = (chunk: unknown, _: unknown, done: () => void) => {
      chunks.push(String(chunk));
      done();
    };
    return { stream: new Writable({ write }), text: () => chunks.join('') };
  };
  const [stdout, stderr] = [collect(), collect()];
  const code = await runProgram(['attack', '--checkpoint', CHECKPOINT, ...words], {
    terminal: { stdout: stdout.stream, stderr: stderr.stream },
    openDevice,
    openMachine: () => Promise.reject(new Error('no study is run')),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

test('prints a table, and writes figures, images and a picture', async () => {
  const file = join(scratch, 'figures.json');
  const options = ['--attack', 'bim', '--eps', '26/255', '--samples', '20', '--save', scratch, '--json', file];
  const { code, stdout, stderr } = await attack(...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const figures = JSON.parse(await readFile(file, 'utf8'));
  expect(figures).toMatchObject({ attack: 'bim', norm: 'inf', eps: 26 / 255, defence: 'none' });
  expect(figures.records).toHaveLength(20);
  const broken = figures.records.filter(({ success }: { success: boolean }) => success).length;
  expect(broken).toBeGreaterThan(0);
  expect(stdout).toContain(`broken                       ${broken} of 20\n`);
  const { tensors } = await readCheckpoint(join(scratch, 'adversarial.safetensors'));
  const [clean, adversarial] = ['clean', 'adversarial'].map((name) => tensors.get(name)?.data as Float32Array);
  const farthest = clean.reduce((most, pixel, at) => Math.max(most, Math.abs(pixel - adversarial[at])), 0);
  expect(farthest).toBeLessThanOrEqual(26 / 255 + 2 ** -24);
  // Three pictures of 28 · 2 pixels side by side with lines of 2 between and around, ten below one another at most.
  const picture = decode(await readFile(join(scratch, 'grid.png')));
  expect([picture.width, picture.height]).toEqual([3 * 58 + 2, Math.min(10, broken) * 58 + 2]);
});

test('a defence that answers at random is warned of', async () => {
  const { code, stdout } = await attack('--samples', '10', '--max-iter', '1', '--defence', 'gaussian-noise:0.01');
  expect(code).toBe(0);
  expect(stdout).toContain('warning: gaussian-noise answers at random, and each gradient followed one draw');
  expect(stdout).toContain('warning: gaussian-noise tells probabilities');
});

test.each([
  [['--attack', 'square', '--norm', '1'], 'outlast: square: the norm is 1; it must be inf or 2\n'],
  [
    ['--defence', 'prayer'],
    'outlast: attack: the defence is prayer; it must be none, feature-squeezing:BITS, spatial-smoothing:WINDOW, high-confidence:CUTOFF or gaussian-noise:SCALE\n',
  ],
  [
    ['--eps', '8/x'],
    /^outlast: option '--eps <distance>' argument '8\/x' is invalid\. It must be a number or a fraction/,
  ],
  [['--data', 'cifar10', '--data-dir', '/nowhere'], /^outlast: /],
] as const)('refuses %j with exit code 2', async (words, message) => {
  const { code, stderr } = await attack(...words, '--samples', '10');
  expect(code).toBe(2);
  expect(stderr.split('\n')).toHaveLength(2);
  if (typeof message === 'string') expect(stderr).toBe(message);
  else expect(stderr).toMatch(message);
});
