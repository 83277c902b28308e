import { decodeTable, encodeSmallFloat, type SmallFloat } from './smallFloat.ts';

/** OCP 8-bit floating point, E5M2; numbers beyond 57344, infinities included, are written as 57344 (saturating). */
const format: SmallFloat = {
  exponentBits: 5,
  fractionBits: 2,
  bias: 15,
  largest: 0x7b,
  infinity: 0x7c,
  overflow: 0x7b,
  nan: 0x7f,
};

/** The f8e5m2 code of the number nearest to x, ties to even. */
export const encodeF8E5M2 = (x: number): number => encodeSmallFloat(x, format);

let numbers: Float32Array | undefined;

/** The number of a f8e5m2 code. */
export function decodeF8E5M2(code: number): number {
  numbers ??= decodeTable(format);
  return numbers[code];
}
