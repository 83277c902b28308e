import { expect, test } from 'vitest';
import { input } from '../../../src/engine/graph/graph.ts';
import { linear } from '../../../src/engine/ops/matmul/matmul.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import type { Specs } from '../../../src/models/network/model.ts';
import {
  packedSpecs,
  packNodes,
  packValues,
  unpacked,
  unpackNodes,
  unpackValues,
  uploadPacked,
} from '../../../src/models/network/packed.ts';
import { download, release } from '../../../src/models/network/weights.ts';
import { useDevice } from '../../support/checkOp.ts';
import { linearModel, linearWeights } from '../../support/linearModel.ts';

const device = useDevice();
const tensor = (shape: readonly number[]) =>
  ({ shape, dtype: 'f32', layout: 'plain', initial: { kind: 'constant', value: 0 } }) as const;

test('tensors lie one behind the other, each at 256 bytes, and come back by name', () => {
  const specs: Specs = { a: tensor([3]), b: tensor([65]), c: tensor([1]) };
  const values = { a: Float32Array.of(1, 2, 3), b: new Float32Array(65).fill(4), c: Float32Array.of(5) };
  const [vector, ...others] = packValues(specs, values);
  expect(others).toEqual([]);
  expect(vector).toEqual(
    Float32Array.from({ length: 256 }, (_, i) => (i < 3 ? i + 1 : i >= 64 && i < 129 ? 4 : i === 192 ? 5 : 0)),
  );
  expect(unpackValues(specs, [vector])).toEqual(values);
});

test('no vector is larger than what every device binds', () => {
  // 64 MiB, 64 MiB - 256 bytes and 512 bytes: the first two fill a vector of 128 MiB but for 256 bytes.
  const specs: Specs = { a: tensor([2 ** 24]), b: tensor([2 ** 24 - 64]), c: tensor([128]), d: tensor([1]) };
  const types = packedSpecs(specs);
  expect(types.map(({ shape }) => shape[0])).toEqual([2 ** 25 - 64, 192]);
  const nodes = unpackNodes(
    specs,
    types.map((type, i) => input(type, String(i))),
  );
  expect(Object.entries(nodes).map(([name, { shape }]) => [name, shape])).toEqual(
    Object.entries(specs).map(([name, { shape }]) => [name, shape]),
  );
  expect(packNodes(specs, nodes).map(({ shape }) => shape)).toEqual(types.map(({ shape }) => shape));
});

test('a model without state has no vector of it', () => {
  expect(packedSpecs({})).toEqual([]);
  expect(packNodes({}, {})).toEqual([]);
});

test('named tensors show the vectors on the device, run from there, and give their memory back', async () => {
  const model = linearModel([1, 2, 3], 4);
  const host = linearWeights(
    Float32Array.from({ length: 24 }, (_, i) => i),
    Float32Array.of(1, 2, 3, 4),
  );
  const before = device().allocatedBytes;
  const weights = unpacked(model, uploadPacked(device(), model, host));
  expect(await download(weights)).toEqual(host);
  const executable = await compile(
    ({ x, parameters }) => ({ y: linear(x, parameters['fc.weight'], parameters['fc.bias']) }),
    { x: { shape: [1, 6], dtype: 'f32' } as const, parameters: model.parameters },
    { device: device() },
  );
  const { y } = executable.run({ x: Float32Array.of(1, 0, 0, 0, 0, 2), parameters: weights.parameters });
  // Row i is 6i … 6i + 5: 6i + 2(6i + 5) + (i + 1) = 19i + 11.
  expect(Array.from(await y.read())).toEqual([11, 30, 49, 68]);
  executable.free();
  release(weights);
  expect(device().allocatedBytes).toBe(before);
});
