import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
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

it('reads what is no file with an error, not without end', async () => {
  await expect(readCheckpoint(folder)).rejects.toThrow(InputError);
  await expect(readCheckpoint('/dev/zero')).rejects.toThrow(
    new InputError('cannot read /dev/zero: it is no regular file'),
  );
});

/** Peak of array memory while `work` runs, in bytes, looked at in every turn of the event loop. */
async function arrayMemory(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().arrayBuffers;
  let [most, running] = [0, true];
  const watch = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    if (running) setImmediate(watch);
  };
  watch();
  await work();
  running = false;
  return most;
}

it.each<[string, number | string, RegExp]>([
  ['zeros', 0, /: the header must begin with "\{"/],
  ['an endless header', 2 ** 40, /: the header's length is 1099511627776, should be at most 100000000/],
  ['a truncated header', '{"a":', /: header, character 5: the end, should be "\{"/],
  [
    'a tensor that the file is too short for',
    '{"a":{"dtype":"F32","shape":[4503599627370496],"data_offsets":[0,18014398509481984]}}',
    /should be a whole number from 0 to 2\^53 - 1/,
  ],
  [
    'overlapping tensors',
    '{"a":{"dtype":"U8","shape":[3000000000],"data_offsets":[0,3000000000]},"b":{"dtype":"U8","shape":[3000000000],"data_offsets":[1,3000000001]}}',
    /: tensor "b" overlaps the tensor before it: begins at byte 1 of the data, should at 3000000000/,
  ],
])('takes no memory for 4 GiB that begin with %s', async (_, header, message) => {
  const path = join(folder, 'hostile.safetensors');
  const text = Buffer.from(typeof header === 'string' ? header : '');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(typeof header === 'string' ? text.length : header));
  await writeFile(path, Buffer.concat([length, text]));
  // A hole takes no room on the disk.
  await truncate(path, 2 ** 32);
  const most = await arrayMemory(() =>
    expect(readCheckpoint(path)).rejects.toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }),
    ),
  );
  // Buffers of Node itself come and go.
  expect(most).toBeLessThan(2 ** 24);
});
