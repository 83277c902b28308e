import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { benchResult } from '../../bench/result.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import { openDevice } from '../../src/engine/open.node.ts';
import { collectTerminal } from '../support/collectTerminal.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-bench-'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

async function outlast(...words: string[]) {
  const { texts, terminal } = collectTerminal();
  const code = await runProgram(['bench', ...words], {
    terminal,
    openDevice,
    openMachine: () => Promise.reject(new Error('bench computes no trials')),
  });
  return { code, ...texts };
}

test('kernels: a table with adapter and sizes, and the same figures as JSON in a file', async () => {
  const file = join(scratch, 'kernels.json');
  const { code, stdout, stderr } = await outlast('kernels', '--workloads', 'W3', '--rounds', '1', '--json', file);
  expect([code, stderr]).toEqual([0, '']);
  const { adapter, rows, ratios } = benchResult.parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(rows.map(({ workload }) => workload)).toEqual(['register multiply-adds', 'storage copy', 'W3']);
  expect(ratios).toEqual([]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(2 + 1 + 3);
  expect(lines[0]).toContain(`${adapter.name}, driver ${adapter.driver}`);
  expect(lines[5]).toMatch(/^W3 .* GB\/s +1 +\d+ % {2}batch norm \(training\) \+ ReLU, 16x64x32x32/);
  expect(readdirSync(scratch)).toEqual(['kernels.json']);
});

test('kernels: --json alone prints JSON and nothing else', async () => {
  const { stdout } = await outlast('kernels', '--workloads', 'W3', '--rounds', '1', '--json');
  expect(benchResult.parse(JSON.parse(stdout)).machine.cores).toBeGreaterThan(0);
});

test.each([
  [['training', '--curves', 'svhn'], 'outlast: bench: "svhn" is no training; there are mnist, cifar10\n'],
  [['training', '--workloads', 'W9'], 'outlast: bench: "W9" is no workload; there are W4m, W4\n'],
  [
    ['peers', '--against', 'jax'],
    'outlast: bench peers: "jax" is no system; there are jax-js, borch.ts, tfjs, onnxruntime-node, pytorch-cpu\n',
  ],
  [
    ['attacks', '--against', 'cleverhans'],
    'outlast: bench attacks: "cleverhans" is no system; there are jax-js, foolbox, art\n',
  ],
  [
    ['inference', '--rounds', '0'],
    "outlast: option '--rounds <count>' argument '0' is invalid. It must be a whole number from 1.\n",
  ],
])('%j is refused in one line, exit 2', async (words, line) => {
  expect(await outlast(...words)).toEqual({ code: 2, stdout: '', stderr: line });
});

test('help names the suites, and not what only the program itself uses', async () => {
  const { code, stdout } = await outlast('--help');
  expect(code).toBe(0);
  for (const suite of ['kernels', 'training', 'inference', 'peers', 'attacks'])
    expect(stdout).toContain(`\n  ${suite} `);
  expect(stdout).not.toContain('serve');
});
