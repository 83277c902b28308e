import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fidelityResult } from '../../bench/fidelity/result.ts';
import { runProgram } from '../../src/cli/program/program.ts';
import { openDevice } from '../../src/engine/open.node.ts';
import { collectTerminal } from '../support/collectTerminal.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'outlast-fidelity-'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

async function outlast(...words: string[]) {
  return outlastOn(undefined, ...words);
}

/** @param columns of the terminal; undefined of a pipe */
async function outlastOn(columns: number | undefined, ...words: string[]) {
  const { texts, terminal: plain } = collectTerminal();
  const terminal = { ...plain, stdout: Object.assign(plain.stdout, { columns }) };
  const code = await runProgram(['fidelity', ...words], {
    terminal,
    openDevice,
    openMachine: () => Promise.reject(new Error('fidelity computes no trials')),
  });
  return { code, ...texts };
}

test('a table, and the same figures as JSON in a file', async () => {
  const file = join(scratch, 'fidelity.json');
  const words = ['--ops', 'add,less,convert,exactMatmul,exactSum', '--dtypes', 'f64', '--cases', '300', '--json', file];
  const { code, stdout, stderr } = await outlast(...words);
  expect([code, stderr]).toEqual([0, '']);
  const { rows, networks, adapter } = fidelityResult.parse(JSON.parse(readFileSync(file, 'utf8')));
  // f64 is exact: every operation of these is correctly rounded (IEEE 754; BigInt for products and sums).
  const right = { dtype: 'f64', cases: 300, wrong: 0, maxUlp: 0, meanUlp: 0 };
  const targets = ['f8e4m3', 'f8e5m2', 'f16', 'f32', 'f32x2', 'i32', 'u32', 'bool'].map((to) => `convert to ${to}`);
  expect(rows).toEqual(['add', 'less', ...targets, 'exactMatmul', 'exactSum'].map((op) => ({ op, ...right })));
  expect(networks).toEqual([]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toBe(`${adapter.name}, driver ${adapter.driver}`);
  expect(lines[1].split(/ {2,}/)).toEqual(['op', 'dtype', 'cases', 'wrong', 'max ulp', 'mean ulp']);
  expect(lines[2]).toMatch(/^add +f64 +300 +0 +0 +0$/);
  expect(lines).toHaveLength(2 + rows.length);
});

test('on a terminal of 60 columns the figures stand below the names', async () => {
  const { code, stdout } = await outlastOn(
    60,
    '--ops',
    'exactConv2dGradientWeight',
    '--dtypes',
    'f64',
    '--cases',
    '16',
  );
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(60);
  expect(lines.slice(-4)).toEqual([
    'op                              dtype',
    '      cases      wrong    max ulp   mean ulp',
    'exactConv2dGradientWeight       f64',
    '         16          0          0          0',
  ]);
});

test('--json alone prints JSON; errors are counted and measured', async () => {
  const { stdout } = await outlast('--ops', 'logarithm', '--dtypes', 'f32', '--cases', '4096', '--json');
  const [{ wrong, maxUlp, meanUlp }] = fidelityResult.parse(JSON.parse(stdout)).rows;
  // The function is right to two units (logarithm.wgsl), and not correctly rounded: a tenth of the results are off, each by 0.5 to 2 units.
  expect(wrong).toBeGreaterThan(0);
  expect(maxUlp).toBeGreaterThan(0.5);
  expect(maxUlp).toBeLessThanOrEqual(2);
  expect(meanUlp).toBeGreaterThanOrEqual((0.5 * wrong) / 4096);
  expect(meanUlp).toBeLessThanOrEqual((2 * wrong) / 4096);
});

test('ops of many operations, a sixteenth of the results', async () => {
  const words = ['--ops', 'matmul,conv2d,batchNorm,softmaxCrossEntropy,max,relu', '--dtypes', 'f16,f32,f64', '--json'];
  const { code, stdout } = await outlast(...words, '--cases', '8000');
  expect(code).toBe(0);
  const { rows } = fidelityResult.parse(JSON.parse(stdout));
  const figures = (op: string, dtype: string) => rows.find((row) => row.op === op && row.dtype === dtype);
  const right = { cases: 500, wrong: 0, maxUlp: 0, meanUlp: 0 };
  // Sums of f64 are exact and rounded once; a maximum is one of the operands.
  for (const op of ['matmul', 'conv2d']) expect(figures(op, 'f64')).toEqual({ op, dtype: 'f64', ...right });
  for (const op of ['max', 'relu'])
    for (const dtype of ['f16', 'f32', 'f64']) expect(figures(op, dtype)).toEqual({ op, dtype, ...right });
  // f16 is computed in f32: an error of many units of f32, 2^-13 of f16's, turns a result that lies beside a tie, which is half a unit.
  for (const op of ['matmul', 'conv2d', 'batchNorm', 'softmaxCrossEntropy'])
    expect(figures(op, 'f16')?.maxUlp).toBeLessThan(0.51);
  // Of f32 every addition rounds: of 40 products, by 40 units of the sum of their absolute values at most.
  expect(figures('matmul', 'f32')?.wrong).toBeGreaterThan(100);
  expect(figures('matmul', 'f32')?.maxUlp).toBeLessThan(40);
});

test('ops that move numbers, compare them or make random words are right to the bit, whole numbers among them', async () => {
  const ops = 'pad,pack,transpose,where,greater,argmax,crop,oneHot,quantise to f8e4m3,randomUniform,randomIntegers,mul';
  const { code, stdout } = await outlast('--ops', ops, '--dtypes', 'f16,f32,i32', '--cases', '3200', '--json');
  expect(code).toBe(0);
  const { rows } = fidelityResult.parse(JSON.parse(stdout));
  // pad to where, greater, oneHot and mul of all three formats; argmax and crop of floats; the rest of one format each.
  expect(rows).toHaveLength(7 * 3 + 2 * 2 + 3);
  for (const row of rows) expect(row).toMatchObject({ wrong: 0, maxUlp: 0 });
});

test.each([
  [
    ['--ops', 'plus'],
    expect.stringMatching(
      /^outlast: fidelity: "plus" is no op; there are add, [\w, ]*conv2d, [\w, …]*, randomIntegers\n$/,
    ),
  ],
  [
    ['--dtypes', 'f128'],
    'outlast: fidelity: "f128" is no number format; there are f8e4m3, f8e5m2, f16, f32, f32x2, f64, i32, u32, bool\n',
  ],
  [
    ['--ops', 'exactSum', '--dtypes', 'f16'],
    'outlast: fidelity: exactSum of f16 does not exist; name other ops or formats\n',
  ],
  [['--networks', 'f64,f128'], 'outlast: fidelity: "f128" is no precision; there are f8, f16, f32, f32x2, f64\n'],
  [
    ['--networks', 'f64', '--ops', 'add'],
    'outlast: fidelity: --networks measures no ops; leave out --ops and --dtypes\n',
  ],
  [['--cases', '0'], "outlast: option '--cases <count>' argument '0' is invalid. It must be a whole number from 1.\n"],
])('%j is refused in one line, exit 2', async (words, line) => {
  expect(await outlast(...words)).toEqual({ code: 2, stdout: '', stderr: line });
});
