import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { decodeSafetensors, type StoredTensor } from '../../../src/models/checkpoint/safetensors.ts';

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
    [
      'an unknown dtype',
      fileWith({ a: { dtype: 'toString', shape: [], data_offsets: [0, 0] } }, 0),
      'tensor "a": dtype is "toString", should be one of BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64',
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
      'tensor "a": has 0 bytes, dtype F32 and shape [2147483648, 2147483648, 4] need more than 2^53',
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

// The first 16 bytes of what PyTorch 2.5.1 writes for `torch.save({'a': torch.ones(2)}, ...)`, as a zip archive and, with
// `_use_new_zipfile_serialization=False`, as before PyTorch 1.6.
it.each([['504b0304000008080000000000000000'], ['80028a0a6cfc9c46f9206aa850192e80']])(
  'says of a file of torch.save how to save it as safetensors: %s',
  (hex) => {
    const bytes = Uint8Array.from(Buffer.from(hex.padEnd(2000, '0'), 'hex'));
    expect(() => decodeSafetensors(bytes, 'model.pt')).toThrow(
      /^model\.pt: a file of torch\.save \(a pickle, .*\), not safetensors; in Python: [^\n]*safetensors\.torch\.save_file\(/,
    );
  },
);
