import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SavedAttack } from '../../../src/analysis/robustness/attacks/run/attack.ts';
import { InputError } from '../../../src/base/errors.ts';
import { digest, goingOn, readState, removeState, stateWriter } from '../../../src/cli/attack/stateFile.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'outlast-state-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const identity = { attack: 'pgd', eps: 0.1, maxIter: undefined };
const state: SavedAttack = {
  finished: [],
  images: Float32Array.of(0.25, Number.MIN_VALUE, 1),
  found: { zero: 1, notFinite: 0, lost: 0 },
  batch: {
    step: 3,
    state: { best: Float64Array.of(Number.NEGATIVE_INFINITY, Number.NaN), left: [1, 2] },
    ledger: { active: [true], firstStep: [null], costs: [{ seconds: 0.1, queries: 4, gradients: 3, flops: 9 }] },
    signs: { zero: new Set([2]), notFinite: new Set() },
  },
};

const write = async (name: string) => {
  const path = join(scratch, name);
  await stateWriter(path, identity, 0)(async () => state);
  return path;
};

test('a state comes back as it was, not-a-number and sets too; without a file there is none; the end removes it', async () => {
  const path = await write('whole');
  expect(await readState(path, identity)).toEqual(state);
  await removeState(path);
  expect(await readState(path, identity)).toBeUndefined();
});

test('states are written now and then only', async () => {
  const path = join(scratch, 'seldom');
  let taken = 0;
  const save = stateWriter(path, identity, 1e9);
  await save(async () => {
    taken++;
    return state;
  });
  expect(taken).toBe(0);
});

test('the state of another attack is refused, and what differs is named', async () => {
  const path = await write('other');
  await expect(readState(path, { ...identity, eps: 0.2 })).rejects.toThrow(
    new InputError(`${path}: the state of another attack: its eps is 0.1, here it is 0.2`),
  );
  await expect(readState(path, { ...identity, maxIter: 5 })).rejects.toThrow(
    new InputError(`${path}: the state of another attack: its maxIter is not given, here it is 5`),
  );
});

test.each([
  ['cut off', (bytes: Uint8Array) => bytes.subarray(0, -1)],
  ['changed', (bytes: Uint8Array) => bytes.map((byte, i) => (i === bytes.length - 3 ? byte ^ 1 : byte))],
])('a file that was %s is refused', async (_, damage) => {
  const path = await write('damaged');
  await writeFile(path, damage(await readFile(path)));
  await expect(readState(path, identity)).rejects.toThrow(
    new InputError(`${path}: damaged; remove it to begin the attack anew`),
  );
});

test('any other file is refused, and stays', async () => {
  const path = join(scratch, 'notes.txt');
  await writeFile(path, 'shopping');
  await expect(readState(path, identity)).rejects.toThrow(
    new InputError(`${path}: not the state of an attack that this version of outlast saved; give another --state`),
  );
  expect(await readFile(path, 'utf8')).toBe('shopping');
});

test.each([
  ['nothing', undefined],
  ['text', 'state'],
  ['no state', { identity }],
  ['images that are none', { identity, state: { ...state, images: [1, 2] } }],
  ['records that are none', { identity, state: { ...state, finished: [{ sample: 0 }] } }],
  ['a ledger that is none', { identity, state: { ...state, batch: { ...state.batch, ledger: { active: [1] } } } }],
  ['no structured clone', new Uint8Array([255, 15, 111])],
])('a file whose sum is right and that holds %s is refused in a line', async (_, held) => {
  const path = join(scratch, 'wrong');
  const body = held instanceof Uint8Array ? held : serialize(held);
  await writeFile(path, Buffer.concat([Buffer.from(`outlast attack state 1 ${digest(body)}`), body]));
  await expect(readState(path, identity)).rejects.toThrow(
    new InputError(`${path}: holds no state of an attack; remove it to begin the attack again`),
  );
});

test("a method's state that it did not leave so shows when it is used, and the file is named; other errors pass", async () => {
  const used = () => Promise.reject(new TypeError('state.best is\nundefined'));
  await expect(goingOn('pgd.state', used)).rejects.toThrow(
    new InputError(
      'pgd.state: holds no state of an attack; remove it to begin the attack again (state.best is undefined)',
    ),
  );
  // Without a file it is the program's own mistake.
  await expect(goingOn(undefined, used)).rejects.toThrow(TypeError);
  await expect(goingOn('pgd.state', () => Promise.reject(new Error('lost')))).rejects.toThrow(new Error('lost'));
  expect(await goingOn('pgd.state', async () => 3)).toBe(3);
});
