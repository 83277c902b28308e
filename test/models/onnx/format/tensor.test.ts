import { describe, expect, test } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import type { TensorProto } from '../../../../src/models/onnx/format/schema.ts';
import { readTensor } from '../../../../src/models/onnx/format/tensor.ts';
import { floatTensor, integerTensor } from '../../../support/onnxModel.ts';

const read = (tensor: Partial<TensorProto>) =>
  readTensor({ dims: [], externalData: [], ...tensor }, { file: 'm.onnx' });
const numbers = (tensor: Partial<TensorProto>) => Array.from(read(tensor).data);

/** Bytes of each type that ONNX 1.23.2's `numpy_helper.from_array` wrote, with the numbers. */
const raw: [type: string, code: number, bytes: number[], expected: number[]][] = [
  ['float', 1, [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0], [1, -2.5]],
  ['double', 11, [0, 0, 0, 0, 0, 0, 4, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0], [-2.5, 0]],
  ['float16', 10, [0x00, 0x3c, 0x00, 0xc1], [1, -2.5]],
  ['bfloat16', 16, [0x80, 0x3f, 0x20, 0xc0], [1, -2.5]],
  ['int8', 3, [0xff, 0x7f], [-1, 127]],
  ['uint8', 2, [0xff, 0x7f], [255, 127]],
  ['int16', 5, [0xfe, 0xff], [-2]],
  ['uint16', 4, [0xfe, 0xff], [65534]],
  ['int32', 6, [0xfd, 0xff, 0xff, 0xff], [-3]],
  ['int64', 7, [0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [-4]],
  ['bool', 9, [1, 0], [1, 0]],
  ['int4', 22, [0xf1, 0x08], [1, -1, -8]],
  ['uint4', 21, [0xf1, 0x08], [1, 15, 8]],
  ['float8e4m3fn', 17, [0x38, 0xc2], [1, -2.5]],
  ['float8e5m2', 19, [0x3c, 0xc1], [1, -2.5]],
];

test.each(raw)('%s in raw data', (_, dataType, bytes, expected) => {
  const tensor = { dataType, dims: [expected.length], rawData: Uint8Array.from(bytes) };
  expect(numbers(tensor)).toEqual(expected);
});

describe('typed data', () => {
  test('varints: -1 takes ten bytes', () => {
    const int64Data = Uint8Array.of(5, ...Array(9).fill(0xff), 1);
    expect(numbers({ dataType: 7, dims: [2], int64Data })).toEqual([5, -1]);
  });

  test('16-bit floats are their bits in int32_data', () => {
    expect(numbers({ dataType: 10, dims: [1], int32Data: Uint8Array.of(0x80, 0x78) })).toEqual([1]);
  });

  test('floats', () => {
    expect(numbers({ dataType: 1, dims: [1], floatData: Uint8Array.of(0, 0, 0x80, 0x3f) })).toEqual([1]);
  });
});

test('floats that lie aligned are a view', () => {
  const tensor = floatTensor('w', [2], [1, 2]);
  expect(read(tensor).data.buffer).toBe(tensor.rawData?.buffer);
});

test('floats that do not lie aligned are read as well', () => {
  const bytes = new Uint8Array(9);
  bytes.set([0, 0, 0x80, 0x3f], 1);
  expect(numbers({ dataType: 1, dims: [1], rawData: bytes.subarray(1, 5) })).toEqual([1]);
});

const refused: [what: string, tensor: Partial<TensorProto>, says: RegExp][] = [
  ['too few bytes', { dataType: 1, dims: [2], rawData: new Uint8Array(4) }, /has 4 bytes of data, should have 8/],
  ['huge dimensions', { dataType: 1, dims: [2 ** 40, 2 ** 40] }, /its shape is/],
  [
    'a shape without data',
    { dataType: 7, dims: [2 ** 40] },
    /has 0 bytes of numbers, which cannot be 1099511627776 numbers/,
  ],
  ['a shape of bytes without data', { dataType: 2, dims: [2 ** 40] }, /cannot be/],
  ['a shape of floats without data', { dataType: 1, dims: [2 ** 40] }, /has 0 numbers, should have/],
  ['a negative length', { dataType: 1, dims: [-1] }, /lengths must be whole numbers from 0/],
  ['text', { dataType: 8, dims: [0] }, /its data type is number 8/],
  ['a varint without an end', { dataType: 7, dims: [1], int64Data: Uint8Array.of(0xff) }, /truncated/],
  [
    'too many numbers',
    { ...integerTensor('n', [1], []), rawData: undefined, int64Data: Uint8Array.of(1, 2) },
    /more than 1/,
  ],
  ['data elsewhere', { dataType: 1, dims: [1], dataLocation: 1 }, /does not say in which/],
  [
    'data elsewhere that cannot be read',
    { dataType: 1, dims: [1], dataLocation: 1, externalData: [{ key: 'location', value: 'w.bin' }] },
    /lies in "w.bin", which cannot be read from here/,
  ],
];

test.each(refused)('%s is refused', (_, tensor, says) => {
  expect(() => read(tensor)).toThrow(InputError);
  expect(() => read(tensor)).toThrow(says);
});
