import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { decode, encode } from '../../../../src/models/onnx/format/message.ts';
import { modelProto, tensorProto } from '../../../../src/models/onnx/format/schema.ts';
import { floatTensor, node, onnxModel } from '../../../support/onnxModel.ts';

/** Bytes of hexadecimal digits. */
const hex = (digits: string) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

test('a tensor that ONNX 1.23.2 wrote: onnx.helper.make_tensor("w", FLOAT, [2], [1.0, -2.5])', () => {
  const tensor = decode(tensorProto, hex('08021001220800 00803f 000020c04201 77'.replaceAll(' ', '')), 'w');
  expect(tensor.dims).toEqual([2]);
  expect(tensor.dataType).toBe(1);
  expect(tensor.name).toBe('w');
  expect(Array.from(tensor.floatData ?? [])).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0]);
});

test('what is written is read again, numbers beyond 32 bits included', () => {
  const model = onnxModel({
    nodes: [node('Slice', ['x'], ['y'], { ends: [2 ** 63, -1], alpha: { float: 0.5 }, mode: 'é' })],
    initialisers: [floatTensor('w', [1], [3])],
    inputs: { x: ['N', 3] },
  });
  expect(decode(modelProto, encode(modelProto, model), 'm')).toEqual(model);
});

test('raw data are a view of the file', () => {
  const file = encode(tensorProto, floatTensor('w', [1], [3]));
  expect(decode(tensorProto, file, 'w').rawData?.buffer).toBe(file.buffer);
});

test('fields that are not known are skipped', () => {
  const writer = new BinaryWriter().tag(99, WireType.LengthDelimited).string('new').tag(2, WireType.Varint).int64(1);
  expect(decode(tensorProto, writer.finish(), 'w').dataType).toBe(1);
});

const nested = (depth: number): Uint8Array => {
  // Model → graph → node → attribute → graph → …, from the inside out.
  let bytes = new Uint8Array();
  const wrap = (field: number) => {
    bytes = new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(bytes).finish();
  };
  for (let i = 0; i < depth; i++) for (const field of [6, 5, 1]) wrap(field);
  wrap(7);
  return bytes;
};

const hostile: [what: string, file: Uint8Array, says: RegExp][] = [
  ['a length that lies', hex('3affffffff07'), /truncated/],
  ['a varint without an end', hex('08ffffffffffffffffffffffff01'), /truncated/],
  ['a file that ends within a number', hex('08ff'), /truncated/],
  ['text', new TextEncoder().encode('<!DOCTYPE html>'), /not a model of ONNX/],
  ['graphs in graphs', nested(3000), /messages nest deeper than 64/],
  ['a field of another wire type', hex('0d00000000'), /field 1 has wire type 5, should be 0/],
  ['an end of a group', hex('0c'), /not a model of ONNX/],
];

test.each(hostile)('%s is refused', (_, file, says) => {
  expect(() => decode(modelProto, file, 'm.onnx')).toThrow(InputError);
  expect(() => decode(modelProto, file, 'm.onnx')).toThrow(says);
});

test('more empty parts than a model has are refused before they fill the memory', () => {
  // Two bytes each: a node that holds nothing.
  const nodes = new Uint8Array(2 * 1_000_001).fill(0x0a);
  for (let i = 1; i < nodes.length; i += 2) nodes[i] = 0;
  const file = new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(nodes).finish();
  expect(() => decode(modelProto, file, 'm.onnx')).toThrow(/more than 1000000 parts/);
});

test('numbers that are not packed are refused, as a list of them would take many times their size', () => {
  expect(() => decode(tensorProto, hex('250000803f'), 'w')).toThrow(/not packed/);
});
