import { describe, expect, it } from 'vitest';
import { decodeF8E4M3, encodeF8E4M3 } from '../../../src/engine/numbers/f8e4m3.ts';
import { decodeF8E5M2, encodeF8E5M2 } from '../../../src/engine/numbers/f8e5m2.ts';
import { decodeF16, encodeF16 } from '../../../src/engine/numbers/f16.ts';

/** The standards' own words: codes of sizes in rising order, and what stands above the largest finite one. */
const formats = [
  { name: 'f16', decode: decodeF16, encode: encodeF16, sign: 0x8000, largest: 0x7bff, beyond: 0x7c00, nans: 2 * 1023 },
  { name: 'f8e4m3', decode: decodeF8E4M3, encode: encodeF8E4M3, sign: 0x80, largest: 0x7e, beyond: 0x7e, nans: 2 },
  { name: 'f8e5m2', decode: decodeF8E5M2, encode: encodeF8E5M2, sign: 0x80, largest: 0x7b, beyond: 0x7b, nans: 6 },
];

/** The neighbours of a float64, by its bits. */
function beside(x: number): [number, number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigInt64(0);
  return [bits - 1n, bits + 1n].map((each) => {
    view.setBigInt64(0, each);
    return view.getFloat64(0);
  }) as [number, number];
}

describe.each(formats)('$name', ({ decode, encode, sign, largest, beyond, nans }) => {
  it('reads and writes every code', () => {
    let notANumber = 0;
    for (let code = 0; code < 2 * sign; code++) {
      const x = decode(code);
      if (Number.isNaN(x)) notANumber++;
      else if (Number.isFinite(x)) expect(encode(x)).toBe(code);
    }
    expect(notANumber).toBe(nans);
  });

  it('rises from code to code', () => {
    for (let code = 0; code < largest; code++) expect(decode(code + 1)).toBeGreaterThan(decode(code));
  });

  it('rounds to the nearest, halves to the even code', () => {
    // The sum and half of two neighbours are exact in float64.
    for (let code = 0; code < largest; code++) {
      const half = (decode(code) + decode(code + 1)) / 2;
      const [below, above] = beside(half);
      expect([encode(below), encode(half), encode(above)]).toEqual([code, code + (code & 1), code + 1]);
      expect(encode(-half)).toBe(sign | (code + (code & 1)));
    }
  });

  it('ends where half a step beyond the largest begins', () => {
    const step = decode(largest) - decode(largest - 1);
    const [below] = beside(decode(largest) + step / 2);
    expect(encode(below)).toBe(largest);
    for (const x of [decode(largest) + step / 2, 2 * decode(largest), 1e30, Number.MAX_VALUE, Number.POSITIVE_INFINITY])
      expect([encode(x), encode(-x)]).toEqual([beyond, sign | beyond]);
  });

  it('keeps the sign of zero, loses what is too small, and has NaN', () => {
    expect([encode(0), encode(-0), encode(Number.MIN_VALUE), encode(-Number.MIN_VALUE)]).toEqual([0, sign, 0, sign]);
    expect(decode(encode(Number.NaN))).toBeNaN();
  });
});

it('reads numbers that the standards name', () => {
  // IEEE 754-2019 table 3.5; OCP 8-bit floating point specification 1.0, table 1.
  expect([0x0001, 0x03ff, 0x0400, 0x3c00, 0x7bff].map(decodeF16)).toEqual([
    2 ** -24,
    2 ** -14 - 2 ** -24,
    2 ** -14,
    1,
    65504,
  ]);
  expect([0x01, 0x07, 0x08, 0x38, 0x7e].map(decodeF8E4M3)).toEqual([2 ** -9, 0.875 * 2 ** -6, 2 ** -6, 1, 448]);
  expect([0x01, 0x03, 0x04, 0x3c, 0x7b, 0x7c].map(decodeF8E5M2)).toEqual([
    2 ** -16,
    0.75 * 2 ** -14,
    2 ** -14,
    1,
    57344,
    Number.POSITIVE_INFINITY,
  ]);
});
