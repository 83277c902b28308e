import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outputOf } from '../../support/runProgram.ts';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-hang-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

const study = `name: hang
data: { name: mnist, train: 60, test: 30 }
models: { depth: 18, width: 4 }
training: { epochs: 2, batch_size: 20, learning_rate: 0.05 }
control: false
attacks: [{ name: fgm, eps: [0.05, 0.1, 0.2] }]
samples: 30
`;

test('after a kernel that does not end, a study writes its report, and its process ends by itself, with 1', async () => {
  const file = join(scratch, 'hang.yaml');
  const run = join(scratch, 'run');
  writeFileSync(file, study);
  const failed = outputOf('test/support/programs/hungStudy.ts', { STUDY: file, RUN: run, OUTLAST_WAIT_LIMIT: '1' });
  const { code, stderr } = (await failed.catch((error: unknown) => error)) as { code: number; stderr: string };
  expect(code).toBe(1);
  const [, ...lines] = stderr
    .trim()
    .split('\n')
    .map((line) => line.replace(/\(\d+\.\d s\).*/, '(time)'));
  expect(lines.slice(0, 4)).toEqual([
    expect.stringMatching(/^\[1\/4\] train ResNet-18/),
    expect.stringMatching(
      /^\[2\/4\] fgm eps 0\.05 on ResNet-18.*: FAILED: endless\(f32\[4\]\): the GPU did not finish within 1 s; a kernel may not terminate$/,
    ),
    'a kernel does not end: 2 trials are left; run it again to go on',
    expect.stringMatching(/^outlast: 1 of 4 trials failed .*; the first: endless/),
  ]);
  expect(lines).toHaveLength(4);
  expect(existsSync(join(run, 'report.html'))).toBe(true);
  expect(readdirSync(join(run, 'trials')).filter((name) => name.endsWith('.error.json'))).toHaveLength(1);
});
