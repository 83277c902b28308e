import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { InputError } from '../../../src/engine/errors.ts';
import { readCheckpoint, writeCheckpoint } from '../../../src/models/checkpoint/file.node.ts';
import type { Checkpoint } from '../../../src/models/checkpoint/safetensors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-checkpoint-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const checkpoint: Checkpoint = {
  tensors: new Map([['fc.bias', { dtype: 'F32', shape: [2], data: Float32Array.of(0.5, Number.NaN) }]]),
  metadata: { epoch: '3' },
};

it('reads back what it wrote, and leaves nothing beside it', async () => {
  const path = join(folder, 'new', 'model.safetensors');
  await writeCheckpoint(path, checkpoint);
  expect(await readCheckpoint(path)).toEqual(checkpoint);
  expect(await readdir(join(folder, 'new'))).toEqual(['model.safetensors']);
});

it('writes nothing when a tensor cannot be stored', async () => {
  const wrong: Checkpoint = {
    ...checkpoint,
    tensors: new Map([['w', { dtype: 'U8', shape: [2], data: new Uint8Array(1) }]]),
  };
  await expect(writeCheckpoint(join(folder, 'model.safetensors'), wrong)).rejects.toThrow(InputError);
  expect(await readdir(folder)).toEqual([]);
});

it('names the file when it is missing or wrong', async () => {
  const path = join(folder, 'model.safetensors');
  await expect(readCheckpoint(path)).rejects.toThrow(new InputError(`cannot read ${path}: no such file or folder`));
  await writeFile(path, 'PK');
  await expect(readCheckpoint(path)).rejects.toThrow(
    new InputError(`${path}: truncated: 2 bytes, a safetensors file has at least 8`),
  );
});
