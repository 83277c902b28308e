import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/base/errors.ts';
import { type Finding, fuzz, refusalMistake } from '../support/fuzz/fuzz.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';
import { runProgram } from '../support/runProgram.ts';
import { readers } from './readers.ts';

/** So many cases of each reader in every run of the tests; `npm run fuzz` has as many as one likes, guided by coverage. */
const CASES = 100;

async function findingsOf(target: FuzzTarget, cases: number): Promise<string[]> {
  const findings: Finding[] = [];
  await fuzz(target, { cases, seed: 1, onFinding: (finding) => findings.push(finding) });
  return findings.map(({ what, file }) => `${what}: ${Buffer.from(file).toString('base64')}`);
}

test('every file of this folder is a reader that can be asked for', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name !== 'readers.ts' && !name.endsWith('.test.ts'));
  expect(Object.keys(readers)).toEqual(files.map((name) => name.replace(/\.ts$/, '')).sort());
});

test.each(Object.keys(readers))(
  '%s: takes its own files, and refuses or takes mutations of them in plain lines',
  async (name) => {
    expect(await findingsOf(await readers[name](), CASES)).toEqual([]);
  },
);

describe('the fuzzer', () => {
  // In a process of its own: V8 has no names for what vitest evaluates, and coverage leaves out what has none.
  test('finds what lies behind three conditions where coverage guides it, and not where it does not', async () => {
    const { guided, unguided } = JSON.parse(await runProgram('test/support/programs/guidedFuzz.ts'));
    expect(guided).toBeGreaterThan(0);
    expect(unguided).toBe(0);
  });

  test('a seed that is refused is a mistake of the target', async () => {
    const picky: FuzzTarget = {
      seeds: async () => [new Uint8Array(1)],
      read: () => {
        throw new InputError('never');
      },
    };
    await expect(findingsOf(picky, 1)).rejects.toThrow('a seed is not taken: refused');
  });

  test.each([
    [new InputError('a.csv: row 1 has no time'), null],
    [new InputError('2 mistakes in a.yaml:\n  a.yaml:1:1: one\n  a.yaml:2:1: two'), null],
    [
      new InputError('a.csv: first\nsecond'),
      'an InputError of other lines than it should have: "a.csv: first\\nsecond"',
    ],
    [new InputError(''), 'an InputError of other lines than it should have: ""'],
  ])('%s', (error, mistake) => {
    expect(refusalMistake(error)).toBe(mistake);
  });

  test('an error of another kind is a finding, with its stack', () => {
    expect(refusalMistake(new RangeError('Invalid array length'))).toMatch(/^RangeError: Invalid array length \| at /);
  });
});
