import { expect, it } from 'vitest';
import { byteLength, type DType, fromBytes, hostArray, toBytes } from '../../../src/engine/graph/dtype.ts';
import { decodeF32x2, encodeF32x2 } from '../../../src/engine/numbers/f32x2.ts';

const bytesOf = (dtype: DType, numbers: number[]) => {
  const array = hostArray(dtype, numbers.length);
  array.set(numbers);
  const { buffer, byteOffset, byteLength: length } = toBytes(dtype, array);
  return new Uint8Array(buffer, byteOffset, length);
};

it('lays out elements one after the other, filled up to words', () => {
  // 1 and -2 in IEEE binary16, OCP E4M3FN and E5M2, lowest byte first.
  expect([...bytesOf('f16', [1, -2, 1])]).toEqual([0x00, 0x3c, 0x00, 0xc0, 0x00, 0x3c, 0, 0]);
  expect([...bytesOf('f8e4m3', [1, -2, 1, 1, -2])]).toEqual([0x38, 0xc0, 0x38, 0x38, 0xc0, 0, 0, 0]);
  expect([...bytesOf('f8e5m2', [1, -2])]).toEqual([0x3c, 0xc0, 0, 0]);
  expect([...bytesOf('f64', [1])]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
  expect([...new Float32Array(bytesOf('f32x2', [1 + 2 ** -30]).buffer)]).toEqual([1, 2 ** -30]);
});

it.each([
  ['f8e4m3', 5, 8],
  ['f8e5m2', 4, 4],
  ['f16', 3, 8],
  ['f32', 3, 12],
  ['f32x2', 3, 24],
  ['f64', 3, 24],
  ['bool', 3, 12],
] as const)('%s: %i elements take %i bytes and come back', (dtype, length, bytes) => {
  const numbers = Array.from({ length }, (_, i) => (i % 2 === 0 ? 1 : 0));
  expect(byteLength(dtype, length)).toBe(bytes);
  const written = bytesOf(dtype, numbers);
  expect(written.byteLength).toBe(bytes);
  expect([...fromBytes(dtype, written.slice().buffer, length)]).toEqual(numbers);
});

it('a sum of two f32 is exact for 48 bits and the nearest otherwise', () => {
  for (const x of [1 + 2 ** -47, -(2 ** 100) * (1 + 2 ** -40), Math.fround(0.1), 0, 2 ** -120])
    expect(decodeF32x2(...encodeF32x2(x))).toBe(x);
  // A third of 1 has 53 bits: what is left after two f32 is below half a unit of the second.
  const third = decodeF32x2(...encodeF32x2(1 / 3));
  expect(Math.abs(third - 1 / 3)).toBeLessThanOrEqual(2 ** -51);
  expect(third).not.toBe(1 / 3 + 2 ** -40);
  expect(encodeF32x2(1e300)).toEqual([Number.POSITIVE_INFINITY, 0]);
  expect(Object.is(decodeF32x2(...encodeF32x2(-0)), -0)).toBe(true);
});
