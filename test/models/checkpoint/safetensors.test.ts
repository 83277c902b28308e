import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/engine/errors.ts';
import {
  type Checkpoint,
  decodeSafetensors,
  encodeSafetensors,
  type StoredTensor,
} from '../../../src/models/checkpoint/safetensors.ts';

const official = new Uint8Array(
  readFileSync(new URL('../../fixtures/safetensors/official.safetensors', import.meta.url)),
);

/** A file by the format's description: a header, as text or as a value, and `dataLength` bytes 0, 1, 2, ... */
function fileWith(header: unknown, dataLength: number, claimed?: bigint): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, Buffer.from(Array.from({ length: dataLength }, (_, i) => i))]));
}

function f32(shape: readonly unknown[], begin: number, end: number) {
  return { dtype: 'F32', shape, data_offsets: [begin, end] };
}

describe('decodeSafetensors', () => {
  it('reads what the official implementation wrote', () => {
    const { tensors, metadata } = decodeSafetensors(official, 'official');
    // The values of test/fixtures/safetensors/make.py.
    const expected: Record<string, StoredTensor> = {
      'conv1.weight': {
        dtype: 'F32',
        shape: [2, 3],
        data: Float32Array.of(0.1, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -149, 3.4028235e38),
      },
      'bn1.num_batches_tracked': { dtype: 'I64', shape: [], data: BigInt64Array.of(-(2n ** 62n) - 1n) },
      'a.double': { dtype: 'F64', shape: [3], data: Float64Array.of(0.1, 5e-324, -Number.MAX_VALUE) },
      half: { dtype: 'F16', shape: [4], data: Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001) },
      brain: { dtype: 'BF16', shape: [3], data: Uint16Array.of(0x3f80, 0xc000, 0x7f80) },
      labels: { dtype: 'I32', shape: [3], data: Int32Array.of(-1, 0, 2147483647) },
      pixels: { dtype: 'U8', shape: [1, 3], data: Uint8Array.of(0, 128, 255) },
      mask: { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
      f8: { dtype: 'F8_E4M3', shape: [2], data: Uint8Array.of(0x38, 0x7e) },
      empty: { dtype: 'F32', shape: [0, 3], data: new Float32Array(0) },
      'naïve "quoted"\n': { dtype: 'U64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
    };
    expect(Object.fromEntries(tensors)).toEqual(expected);
    expect(metadata).toEqual({ format: 'outlast' });
  });

  it('does not copy tensors that lie aligned, and reads those that do not', () => {
    const weights = decodeSafetensors(official, 'official').tensors.get('conv1.weight');
    expect(weights?.data.buffer).toBe(official.buffer);
    const shifted = new Uint8Array(official.length + 1);
    shifted.set(official, 1);
    const moved = decodeSafetensors(shifted.subarray(1), 'official').tensors.get('conv1.weight');
    expect(moved).toEqual(weights);
  });

  it('takes tensors in any order, scalars, empty ones, and a padded header', () => {
    const header = `${JSON.stringify({ b: f32([], 4, 8), a: f32([1], 0, 4), none: f32([0], 4, 4) })}   `;
    const { tensors } = decodeSafetensors(fileWith(header, 8), 'f');
    expect([...tensors.keys()]).toEqual(['b', 'a', 'none']);
    const bytesOf = (name: string) => {
      const { buffer, byteOffset, byteLength } = tensors.get(name)!.data;
      return [...new Uint8Array(buffer, byteOffset, byteLength)];
    };
    expect(['a', 'b', 'none'].map(bytesOf)).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], []]);
    expect(decodeSafetensors(fileWith('{}', 0), 'f')).toEqual({ tensors: new Map(), metadata: {} });
  });

  it.each<[string, Uint8Array, string]>([
    ['seven bytes', new Uint8Array(7), 'truncated: 7 bytes, a safetensors file has at least 8'],
    [
      'a header longer than the file',
      fileWith('{}', 0, 100n),
      'truncated: 10 bytes, the header alone ends at byte 108 by its own account',
    ],
    [
      'a header beyond the limit',
      fileWith('{}', 0, 100_000_001n),
      "the header's length is 100000001, should be at most 100000000: not a safetensors file?",
    ],
    [
      'a header of 2^64 - 1 bytes',
      fileWith('{}', 0, 2n ** 64n - 1n),
      "the header's length is 18446744073709551615, should be at most 100000000: not a safetensors file?",
    ],
    ['a header of no bytes', fileWith('', 4), 'the header must begin with "{": not a safetensors file'],
    ['a header that begins with a space', fileWith(' {}', 0), 'the header must begin with "{": not a safetensors file'],
    ['a header that is not UTF-8', fileWith('{}', 0).with(9, 0xff), 'the header is not UTF-8 text'],
    [
      'a duplicate tensor',
      fileWith(
        '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      'the header has the key "a" twice in one object',
    ],
    [
      'a duplicate dtype',
      fileWith('{"a":{"dtype":"I32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      'the header has the key "dtype" twice in one object',
    ],
    [
      'metadata that are a list',
      fileWith({ __metadata__: [] }, 0),
      '__metadata__ must be an object of strings, is []',
    ],
    [
      'metadata with a number',
      fileWith({ __metadata__: { epoch: 3 } }, 0),
      '__metadata__ entry "epoch" must be a string, is 3',
    ],
    ['a tensor that is null', fileWith({ a: null }, 0), 'tensor "a" must have dtype, shape and data_offsets, is null'],
    [
      'an unknown dtype',
      fileWith({ a: { dtype: 'toString', shape: [], data_offsets: [0, 0] } }, 0),
      'tensor "a": dtype is "toString", should be one of BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64',
    ],
    [
      'no shape',
      fileWith({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4),
      'tensor "a": shape must be a list of whole numbers from 0, is missing',
    ],
    [
      'a negative size',
      fileWith({ a: f32([-1], 0, 4) }, 4),
      'tensor "a": shape must be a list of whole numbers from 0, is [-1]',
    ],
    [
      'a size that is no number',
      fileWith({ a: f32(['1'], 0, 4) }, 4),
      'tensor "a": shape must be a list of whole numbers from 0, is a list of 1',
    ],
    [
      'a range that runs backwards',
      fileWith({ a: f32([1], 4, 0) }, 4),
      'tensor "a": data_offsets must be two whole numbers, the first not above the second, is [4,0]',
    ],
    [
      'a range beyond the end',
      fileWith({ a: f32([2], 0, 8) }, 4),
      'tensor "a": data_offsets end at 8, but the file has 4 bytes of data: truncated?',
    ],
    [
      'a range of the wrong length',
      fileWith({ a: f32([2], 0, 4) }, 4),
      'tensor "a": has 4 bytes, dtype F32 and shape [2] need 8',
    ],
    [
      'a shape whose size wraps round 2^64 to the right one',
      fileWith({ a: f32([2 ** 31, 2 ** 31, 4], 0, 0) }, 0),
      'tensor "a": has 0 bytes, dtype F32 and shape [2147483648,2147483648,4] need more than 2^53',
    ],
    [
      'overlapping ranges',
      fileWith({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8),
      'tensor "b" overlaps the tensor before it: begins at byte 4 of the data, should at 8',
    ],
    [
      'the same range twice',
      fileWith({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, 4),
      'tensor "b" overlaps the tensor before it: begins at byte 0 of the data, should at 4',
    ],
    [
      'a gap',
      fileWith({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
      'tensor "b" leaves a gap before it: begins at byte 8 of the data, should at 4',
    ],
    [
      'trailing bytes',
      fileWith({ a: f32([1], 0, 4) }, 7),
      '3 bytes at the end belong to no tensor: should end after 4 bytes of data',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'f')).toThrow(new InputError(`f: ${message}`));
  });

  it('refuses a header with something after its object', () => {
    // The rest of the line is the JavaScript engine's.
    expect(() => decodeSafetensors(fileWith('{}{}', 0), 'f')).toThrow(/^f: the header is not valid JSON: [^\n]+$/);
  });

  it('refuses a deeply nested header in one short line', () => {
    const deep = `{"a":{"dtype":"F32","shape":${'['.repeat(1e6)}${']'.repeat(1e6)},"data_offsets":[0,0]}}`;
    expect(() => decodeSafetensors(fileWith(deep, 0), 'f')).toThrow(
      new InputError('f: tensor "a": shape must be a list of whole numbers from 0, is a list of 1'),
    );
    const long = { ['x\n'.repeat(1e6)]: 1 };
    expect(() => decodeSafetensors(fileWith(long, 0), 'f')).toThrow(
      /^f: tensor "x\\n.{80,100}\.\.\. must have [^\n]+$/,
    );
  });

  it('answers any corruption with a checkpoint or a one-line InputError', () => {
    const change = fc.record({ at: fc.nat(official.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    const length = fc.oneof(fc.constant(official.length), fc.nat(official.length + 8));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), length, (changes, size) => {
        const bytes = new Uint8Array(size);
        bytes.set(official.subarray(0, size));
        for (const { at, value } of changes) if (at < size) bytes[at] = value;
        try {
          // What is accepted accounts for every byte of data.
          const { tensors } = decodeSafetensors(bytes, 'f');
          const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
          const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
          expect(total).toBe(size - 8 - header);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).message).toMatch(/^f: [^\n]+$/);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('answers any header with a checkpoint or an InputError', () => {
    const whole = fc.integer({ min: -1, max: 12 });
    const entry = fc.record({
      dtype: fc.constantFrom('F32', 'U8', 'F16', 'X'),
      shape: fc.array(whole, { maxLength: 3 }),
      data_offsets: fc.tuple(whole, whole),
    });
    const anything = fc.oneof(
      { weight: 5, arbitrary: entry as fc.Arbitrary<unknown> },
      { weight: 1, arbitrary: fc.jsonValue() },
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), anything), fc.nat(12), (header, dataLength) => {
        try {
          decodeSafetensors(fileWith(header, dataLength), 'f');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('encodeSafetensors', () => {
  it('writes the bytes that the official implementation wrote', () => {
    const checkpoint = decodeSafetensors(official, 'official');
    const backwards: Checkpoint = { ...checkpoint, tensors: new Map([...checkpoint.tensors].reverse()) };
    expect(encodeSafetensors(backwards)).toEqual(official);
  });

  it('keeps every value, name and bit of any checkpoint', () => {
    const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__metadata__');
    const shape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
    const tensor = fc
      .tuple(
        fc.constantFrom('F32', 'F64', 'F16', 'I32', 'I64', 'U8', 'BOOL'),
        shape,
        fc.uint8Array({ minLength: 216, maxLength: 216 }),
      )
      .map(([dtype, sizes, bytes]): StoredTensor => {
        const count = sizes.reduce((product, size) => product * size, 1);
        switch (dtype) {
          case 'F32':
            return { dtype, shape: sizes, data: new Float32Array(bytes.buffer, 0, count) };
          case 'F64':
            return { dtype, shape: sizes, data: new Float64Array(bytes.buffer, 0, count) };
          case 'F16':
            return { dtype, shape: sizes, data: new Uint16Array(bytes.buffer, 0, count) };
          case 'I32':
            return { dtype, shape: sizes, data: new Int32Array(bytes.buffer, 0, count) };
          case 'I64':
            return { dtype, shape: sizes, data: new BigInt64Array(bytes.buffer, 0, count) };
          case 'U8':
            return { dtype, shape: sizes, data: new Uint8Array(bytes.buffer, 0, count) };
          default:
            return { dtype: 'BOOL', shape: sizes, data: new Uint8Array(bytes.buffer, 0, count) };
        }
      });
    const bits = ({ data }: StoredTensor) => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
    const texts = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor), { maxLength: 5 }), texts, (pairs, metadata) => {
        const tensors = new Map(pairs);
        const decoded = decodeSafetensors(encodeSafetensors({ tensors, metadata }), 'f');
        expect(decoded.metadata).toEqual({ ...metadata });
        expect([...decoded.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
        for (const [key, stored] of tensors) {
          const read = decoded.tensors.get(key)!;
          expect({ dtype: read.dtype, shape: read.shape, bits: bits(read) }).toEqual({
            dtype: stored.dtype,
            shape: stored.shape,
            bits: bits(stored),
          });
        }
      }),
      { numRuns: 500 },
    );
  });

  const metadata = {};
  const one = (name: string, tensor: StoredTensor) => ({ tensors: new Map([[name, tensor]]), metadata });

  it.each<[string, Checkpoint, RegExp]>([
    [
      'data that do not fit the shape',
      one('w', { dtype: 'F32', shape: [3], data: new Float32Array(2) }),
      /^tensor "w": 2 elements in a Float32Array do not fit dtype F32 and shape \[3\]$/,
    ],
    [
      'data of another format with as many bytes',
      one('w', { dtype: 'F32', shape: [2], data: new Int32Array(2) } as unknown as StoredTensor),
      /^tensor "w": 2 elements in a Int32Array do not fit dtype F32 and shape \[2\]$/,
    ],
    [
      'a shape with a negative size',
      one('w', { dtype: 'F32', shape: [-1, -2], data: new Float32Array(2) }),
      /^tensor "w": shape \[-1,-2\] is not one of whole numbers$/,
    ],
    [
      'the reserved name',
      one('__metadata__', { dtype: 'U8', shape: [0], data: new Uint8Array(0) }),
      /cannot be called __metadata__/,
    ],
    [
      'a name without UTF-8',
      one('\ud800', { dtype: 'U8', shape: [0], data: new Uint8Array(0) }),
      /"\\ud800" is not valid Unicode/,
    ],
  ])('refuses %s', (_, checkpoint, message) => {
    expect(() => encodeSafetensors(checkpoint)).toThrow(InputError);
    expect(() => encodeSafetensors(checkpoint)).toThrow(message);
  });
});
