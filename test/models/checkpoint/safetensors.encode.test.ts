import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import {
  type Checkpoint,
  decodeSafetensors,
  encodeSafetensors,
  type StoredTensor,
} from '../../../src/models/checkpoint/safetensors.ts';

const official = new Uint8Array(
  readFileSync(new URL('../../fixtures/safetensors/official.safetensors', import.meta.url)),
);

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
      /^tensor "w": 2 elements in Float32Array do not fit dtype F32 and shape \[3\]$/,
    ],
    [
      'data of another format with as many bytes',
      one('w', { dtype: 'F32', shape: [2], data: new Int32Array(2) } as unknown as StoredTensor),
      /^tensor "w": 2 elements in Int32Array do not fit dtype F32 and shape \[2\]$/,
    ],
    [
      'a shape with a negative size',
      one('w', { dtype: 'F32', shape: [-1, -2], data: new Float32Array(2) }),
      /^tensor "w": shape \[-1, -2\] is not one of whole numbers from 0$/,
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
