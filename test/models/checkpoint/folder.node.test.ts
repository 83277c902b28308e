import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { readCheckpoint } from '../../../src/models/checkpoint/file.node.ts';
import { hasCheckpoints, latestCheckpoint, writeKeptCheckpoint } from '../../../src/models/checkpoint/folder.node.ts';
import type { Checkpoint } from '../../../src/models/checkpoint/safetensors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-checkpoints-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const checkpointOf = (value: number): Checkpoint => ({
  tensors: new Map([['w', { dtype: 'F32', shape: [1], data: Float32Array.of(value) }]]),
  metadata: {},
});

test('the last few are kept, in the order of their batches, and the last one is found', async () => {
  for (const batches of [5, 10, 100_000_000, 20]) await writeKeptCheckpoint(folder, batches, checkpointOf(batches), 2);
  expect((await readdir(folder)).sort()).toEqual([
    'checkpoint-00000020.safetensors',
    'checkpoint-100000000.safetensors',
  ]);
  expect(await hasCheckpoints(folder)).toBe(true);
  const last = await latestCheckpoint(folder);
  expect(last).toBe(join(folder, 'checkpoint-100000000.safetensors'));
  expect(await readCheckpoint(last)).toEqual(checkpointOf(100_000_000));
});

test('other files stay, and what a killed writer left is removed', async () => {
  await writeFile(join(folder, 'model.safetensors'), '');
  await writeFile(join(folder, '.checkpoint-00000003.safetensors.0123456789ab.tmp'), 'half');
  await writeKeptCheckpoint(folder, 4, checkpointOf(4), 1);
  expect((await readdir(folder)).sort()).toEqual(['checkpoint-00000004.safetensors', 'model.safetensors']);
});

test('a folder without checkpoints is refused', async () => {
  await expect(latestCheckpoint(folder)).rejects.toThrow(
    new InputError(`${folder}: no checkpoint-*.safetensors to go on from`),
  );
  expect(await hasCheckpoints(folder)).toBe(false);
  expect(await hasCheckpoints(join(folder, 'none'))).toBe(false);
  await expect(latestCheckpoint(join(folder, 'none'))).rejects.toThrow(InputError);
});
