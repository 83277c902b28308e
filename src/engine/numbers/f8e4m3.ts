import { decodeTable, encodeSmallFloat, type SmallFloat } from './smallFloat.ts';

/** OCP 8-bit floating point, E4M3FN: no infinities, one NaN; numbers beyond 448 are written as 448 (saturating). */
const format: SmallFloat = {
  exponentBits: 4,
  fractionBits: 3,
  bias: 7,
  largest: 0x7e,
  overflow: 0x7e,
  nan: 0x7f,
};

/** The f8e4m3 code of the number nearest to x, ties to even. */
export const encodeF8E4M3 = (x: number): number => encodeSmallFloat(x, format);

let numbers: Float32Array | undefined;

/** The number of a f8e4m3 code. */
export function decodeF8E4M3(code: number): number {
  numbers ??= decodeTable(format);
  return numbers[code];
}
