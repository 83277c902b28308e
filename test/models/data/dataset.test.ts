import { describe, expect, it } from 'vitest';
import { labelsAt, type Split, select, toFloat } from '../../../src/models/data/dataset.ts';

/** Three images of four pixels. */
const split: Split = {
  images: Uint8Array.of(0, 1, 2, 3, 51, 102, 153, 204, 252, 253, 254, 255),
  labels: Uint8Array.of(7, 8, 9),
  count: 3,
};

describe('toFloat', () => {
  it('divides every byte by 255, rounded once', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const all: Split = { images: bytes, labels: new Uint8Array(1), count: 1 };
    expect([...toFloat(all, [0])]).toEqual(Array.from(bytes, (byte) => Math.fround(byte / 255)));
  });

  it('takes the images in the order of the indices, repeated ones too', () => {
    const third = [252, 253, 254, 255].map((byte) => Math.fround(byte / 255));
    const second = [0.2, 0.4, 0.6, 0.8].map(Math.fround);
    expect([...toFloat(split, Uint32Array.of(2, 1, 2))]).toEqual([...third, ...second, ...third]);
  });

  it('writes to the array it is given', () => {
    const out = new Float32Array(4).fill(9);
    expect(toFloat(split, [0], out)).toBe(out);
    expect([...out]).toEqual([0, 1, 2, 3].map((byte) => Math.fround(byte / 255)));
  });

  it('refuses an array of another length and an index outside', () => {
    expect(() => toFloat(split, [0], new Float32Array(5))).toThrow(RangeError);
    for (const index of [3, -1, 0.5, Number.NaN]) {
      expect(() => toFloat(split, [index])).toThrow(`index ${index} is outside a split of 3 images`);
    }
  });
});

describe('labelsAt', () => {
  it('takes the labels in the order of the indices', () => {
    expect(labelsAt(split, [2, 0, 2])).toEqual(Uint32Array.of(9, 7, 9));
    expect(() => labelsAt(split, [3])).toThrow(RangeError);
  });
});

describe('select', () => {
  it('copies images and labels in the order of the indices', () => {
    const chosen = select(split, [2, 0]);
    expect(chosen).toEqual({
      images: Uint8Array.of(252, 253, 254, 255, 0, 1, 2, 3),
      labels: Uint8Array.of(9, 7),
      count: 2,
      origins: Uint32Array.of(2, 0),
    });
    expect(chosen.images.buffer).not.toBe(split.images.buffer);
    expect(() => select(split, [3])).toThrow(RangeError);
  });
});
