import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { writeFileAtomic } from '../../../src/base/files.node.ts';
import { onnxDigest, readOnnxFile } from '../../../src/models/onnx/file.node.ts';
import { inOneFile } from '../../../src/models/onnx/format/model.ts';
import { openOnnx } from '../../../src/models/onnx/graph/open.ts';
import { openModel } from '../../../src/models/open.node.ts';
import { floatTensor, node, onnxFile } from '../../support/onnxModel.ts';

/** A model whose weight lies in another file. */
const withData = (entries: Readonly<Record<string, string>>) =>
  onnxFile({
    nodes: [node('Add', ['x', 'w'], ['y'])],
    initialisers: [
      {
        name: 'w',
        dims: [2],
        dataType: 1,
        dataLocation: 1,
        externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
      },
    ],
    inputs: { x: [2] },
  });

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnx-'));
  mkdirSync(join(folder, 'model', 'parts'), { recursive: true });
  const weights = new Uint8Array(Float32Array.of(9, 1, 2).buffer);
  writeFileSync(join(folder, 'model', 'parts', 'w.bin'), weights);
  writeFileSync(join(folder, 'secret.bin'), weights);
  symlinkSync(join(folder, 'secret.bin'), join(folder, 'model', 'link.bin'));
  symlinkSync(join(folder, 'model', 'parts'), join(folder, 'model', 'inner'));
});

afterAll(() => rmSync(folder, { recursive: true }));

async function read(entries: Readonly<Record<string, string>>): Promise<number[]> {
  const path = join(folder, 'model', 'm.onnx');
  writeFileSync(path, withData(entries));
  const { bytes, ...source } = await readOnnxFile(path);
  return Array.from(openOnnx(bytes, source).initialisers.get('w')?.read().data ?? []);
}

test('data beside the model are read, from an offset', async () => {
  expect(await read({ location: 'parts/w.bin', offset: '4', length: '8' })).toEqual([1, 2]);
  expect(await read({ location: 'inner/w.bin', offset: '4' })).toEqual([1, 2]);
});

test.each([
  ['a path out of the folder', { location: '../secret.bin' }, 'leads out of the folder of the model'],
  ['a path from the root', { location: '/etc/hostname' }, 'is no path within the folder'],
  ['a link out of the folder', { location: 'link.bin' }, 'leads out of the folder of the model'],
  ['a folder', { location: 'parts' }, 'is no regular file'],
  ['a file that is not there', { location: 'none.bin' }, 'no such file or folder'],
  [
    'bytes beyond the end',
    { location: 'parts/w.bin', offset: '8', length: '8' },
    'from byte 8 to 16, but the file has 12 bytes',
  ],
  ['a length that is no number', { location: 'parts/w.bin', length: '-1' }, 'has the length "-1"'],
  ['fewer bytes than the tensor has', { location: 'parts/w.bin', length: '4' }, 'has 4 bytes of data, should have 8'],
])('%s is refused', async (_, entries, says) => {
  await expect(read(entries)).rejects.toThrow(InputError);
  await expect(read(entries)).rejects.toThrow(says);
});

test('a model in one file holds the data of others', async () => {
  const path = join(folder, 'model', 'm.onnx');
  writeFileSync(path, withData({ location: 'parts/w.bin', offset: '4' }));
  const whole = openOnnx(inOneFile(await readOnnxFile(path), { made: 'here' }));
  expect(whole.initialisers.get('w')?.read().data).toEqual(Float32Array.of(1, 2));
  expect(whole.metadata).toEqual(new Map([['made', 'here']]));
});

/** A model with a weight of 8 kB among its own bytes. */
const withWeight = (value: number) =>
  onnxFile({
    nodes: [node('Add', ['x', 'w'], ['y'])],
    initialisers: [floatTensor('w', [2000], new Float32Array(2000).fill(value))],
    inputs: { x: [2000] },
  });

test('large weights of the file itself are read when they are asked for, through a link too', async () => {
  const [path, link] = ['own.onnx', 'model/linked.onnx'].map((name) => join(folder, name));
  writeFileSync(path, withWeight(3));
  symlinkSync(path, link);
  for (const each of [path, link]) {
    const { bytes, ...source } = await readOnnxFile(each);
    expect(bytes.length).toBeLessThan(300);
    expect(openOnnx(bytes, source).initialisers.get('w')?.read().data).toEqual(new Float32Array(2000).fill(3));
    expect(onnxDigest(each)).toBe(createHash('sha256').update(withWeight(3)).digest('hex'));
  }
});

test('a file that is written over while it is in use is refused', async () => {
  const path = join(folder, 'changed.onnx');
  writeFileSync(path, withWeight(3));
  const { bytes, ...source } = await readOnnxFile(path);
  const weight = openOnnx(bytes, source).initialisers.get('w');
  await writeFileAtomic(path, withWeight(4));
  expect(() => weight?.read()).toThrow(`${path}: was changed while it was in use`);
});

test('the size of images is asked for where a file leaves it open, and only there', async () => {
  const sizeOf = vi.fn(async () => [3, 4, 5] as const);
  const opened = async (shape: (number | string)[]) => {
    const path = join(folder, `${shape.join('-')}.onnx`);
    const nodes = [node('ReduceMean', ['x'], ['y'], { axes: [2, 3], keepdims: 0 })];
    writeFileSync(path, onnxFile({ opset: 13, nodes, inputs: { x: shape } }));
    return (await openModel(path, { images: sizeOf })).images;
  };
  expect(await opened(['N', 3, 2, 2])).toEqual([3, 2, 2]);
  expect(sizeOf).not.toHaveBeenCalled();
  expect(await opened(['N', 3, 'H', 'W'])).toEqual([3, 4, 5]);
  expect(sizeOf).toHaveBeenCalledOnce();
});
