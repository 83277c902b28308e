import { readFileSync } from 'node:fs';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { encode } from '../../../../src/models/onnx/format/message.ts';
import { inOneFile } from '../../../../src/models/onnx/format/model.ts';
import { outlineOf } from '../../../../src/models/onnx/format/outline.ts';
import { modelProto } from '../../../../src/models/onnx/format/schema.ts';
import type { ReadExternal } from '../../../../src/models/onnx/format/tensor.ts';
import { openOnnx } from '../../../../src/models/onnx/graph/open.ts';
import { floatTensor, node, onnxFile, onnxModel } from '../../../support/onnxModel.ts';

const OWN = 'model.onnx';

const outlineIn = (file: Uint8Array) =>
  outlineOf(file.length, OWN, (offset, length) => file.slice(offset, offset + length));

const readFrom =
  (file: Uint8Array): ReadExternal =>
  (location, offset, length = 0) => {
    expect(location).toBe(OWN);
    return file.slice(offset, offset + length);
  };

const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => i / 7);

/** A weight of 8 kB, one of 40 bytes, and one of 12 kB in a node `Constant`. */
const model = onnxModel({
  nodes: [
    node('Constant', [], ['c'], { value: floatTensor('in the node', [3, 1000], numbers(3000)) }),
    node('Gemm', ['x', 'large', 'small'], ['z']),
    node('MatMul', ['z', 'c'], ['y']),
  ],
  initialisers: [floatTensor('small', [10], numbers(10)), floatTensor('large', [200, 10], numbers(2000))],
  inputs: { x: ['N', 200] },
});

test('large data stay in the file, wherever tensors lie, and are read as they are', () => {
  const file = encode(modelProto, model);
  const outline = outlineIn(file) as Uint8Array;
  expect(outline.length).toBeLessThan(1000);
  const read = openOnnx(outline, { file: OWN, readExternal: readFrom(file) });
  const whole = openOnnx(file);
  expect([...read.initialisers.keys()]).toEqual(['small', 'large', 'c']);
  for (const [name, initialiser] of read.initialisers)
    expect(initialiser.read()).toEqual(whole.initialisers.get(name)?.read());
  expect(read.nodes.map(({ proto }) => proto.opType)).toEqual(['Gemm', 'MatMul']);
});

// PyTorch 2.15.0 wrote them, by both of its exporters.
test.each(['dense', 'transformer'])('%s of PyTorch is the same model again in one file', (name) => {
  for (const exporter of ['torchscript', 'dynamo']) {
    const file = new Uint8Array(readFileSync(`test/fixtures/onnx/gradients/${name}.${exporter}.onnx`));
    const outline = outlineIn(file) as Uint8Array;
    expect(outline.length).toBeLessThan(file.length);
    const source = { file: OWN, readExternal: readFrom(file) };
    expect(inOneFile({ ...source, bytes: outline }, {})).toEqual(inOneFile({ ...source, bytes: file }, {}));
  }
});

/** A field with a message or data in it, which it says are longer than they are. */
const field = (number: number, inner: Uint8Array, excess = 0): Uint8Array => {
  const head = new BinaryWriter()
    .tag(number, WireType.LengthDelimited)
    .uint32(inner.length + excess)
    .finish();
  return Uint8Array.from([...head, ...inner]);
};

const zeros = new Uint8Array(5000);

test.each([
  ['cut within a tensor', encode(modelProto, model).slice(0, 9000)],
  ['cut within a tag', Uint8Array.of(0x80)],
  ['a graph beyond the end', field(7, zeros, 1)],
  ['a tensor beyond its graph', field(7, field(5, zeros, 1))],
  ['data beyond their tensor', field(7, field(5, field(9, zeros, 1)))],
  ['more fields than a model has', new Uint8Array(2_100_000).fill(8)],
])('%s has no outline, and decoding says what is wrong', (_, file) => {
  expect(outlineIn(file)).toBeNull();
  expect(() => openOnnx(file)).toThrow(/not a model of ONNX, or truncated|holds no graph/);
});

test('an error of the file is no outline, but thrown', () => {
  const gone = Object.assign(new Error('it is gone'), { code: 'ENOENT' });
  expect(() =>
    outlineOf(10, OWN, () => {
      throw gone;
    }),
  ).toThrow(gone);
});

test('a model without large tensors is its own outline', () => {
  const file = onnxFile({ nodes: [node('Relu', ['x'], ['y'])], inputs: { x: [2] } });
  expect(outlineIn(file)).toEqual(file);
});
