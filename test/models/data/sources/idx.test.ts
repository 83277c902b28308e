import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { parseIdx } from '../../../../src/models/data/sources/idx.ts';

/** An IDX file by the format's description, written without the parser's code. */
function idxFile(shape: readonly number[], data: readonly number[]): Uint8Array {
  const dimensions = shape.flatMap((size) => [24, 16, 8, 0].map((shift) => (size / 2 ** shift) & 0xff));
  return Uint8Array.from([0, 0, 8, shape.length, ...dimensions, ...data]);
}

const images = idxFile([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);

describe('parseIdx', () => {
  it('reads shape and elements, as a view', () => {
    const { shape, data } = parseIdx(images, 'images', 3);
    expect(shape).toEqual([2, 2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
    expect(data.buffer).toBe(images.buffer);
  });

  it('reads a file that lies inside a larger buffer', () => {
    const larger = new Uint8Array(images.length + 5);
    larger.set(images, 3);
    expect(parseIdx(larger.subarray(3, 3 + images.length), 'images', 3).shape).toEqual([2, 2, 3]);
  });

  it('reads dimensions beyond 16 bits', () => {
    const labels = idxFile([70_000], new Array(70_000).fill(7));
    expect(parseIdx(labels, 'labels', 1).shape).toEqual([70_000]);
  });

  it('reads an array without elements', () => {
    expect(parseIdx(idxFile([0, 28, 28], []), 'images', 3)).toEqual({ shape: [0, 28, 28], data: new Uint8Array(0) });
  });

  it.each([
    ['no bytes', images.subarray(0, 0), 'f: truncated: 0 bytes, an IDX header alone has at least 4'],
    ['half a header', images.subarray(0, 10), 'f: truncated: 10 bytes, the header for 3 dimensions alone has 16'],
    [
      'a missing byte',
      images.subarray(0, images.length - 1),
      'f: truncated: 27 bytes, should be 28 for dimensions 2 x 2 x 3',
    ],
    [
      'a byte too many',
      Uint8Array.of(...images, 0),
      'f: trailing bytes: 29 bytes, should be 28 for dimensions 2 x 2 x 3',
    ],
    ['labels', idxFile([1], [5]), 'f: has 1 dimensions, should have 3'],
    [
      'floats',
      images.map((byte, i) => (i === 2 ? 0x0d : byte)),
      'f: not an IDX file of unsigned bytes: begins with 00 00 0d 03, should begin with 00 00 08 03',
    ],
    [
      'gzip',
      Uint8Array.of(0x1f, 0x8b, 8, 0),
      'f: it is gzip-compressed: decompress it, or give it its name ending in .gz',
    ],
    [
      'dimensions whose product exceeds 2^53',
      idxFile([0xffffffff, 0xffffffff, 0xffffffff], []),
      'f: truncated: 16 bytes, should be 79228162458924105385300197391 for dimensions 4294967295 x 4294967295 x 4294967295',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseIdx(bytes, 'f', 3)).toThrow(new InputError(message));
  });

  it('answers any corruption with the same array, a view of other bytes, or an InputError', () => {
    const change = fc.record({
      at: fc.nat(images.length - 1),
      value: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(images.length + 3), (changes, length) => {
        const bytes = new Uint8Array(length);
        bytes.set(images.subarray(0, length));
        for (const { at, value } of changes) if (at < length) bytes[at] = value;
        try {
          const { shape, data } = parseIdx(bytes, 'f', 3);
          // A view: nothing is allocated for the elements, whatever the header claims.
          expect(data.buffer).toBe(bytes.buffer);
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).message).toMatch(/^f: [^\n]+$/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back every array', () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (shape, values) => {
        const size = shape.reduce((product, length) => product * length, 1);
        const data = [...values.take(size)];
        const parsed = parseIdx(idxFile(shape, data), 'f', shape.length);
        expect(parsed.shape).toEqual(shape);
        expect([...parsed.data]).toEqual(data);
      }),
    );
  });
});
