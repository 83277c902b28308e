import { decodeTable, encodeSmallFloat, type SmallFloat } from './smallFloat.ts';

/** IEEE binary16. */
const format: SmallFloat = {
  exponentBits: 5,
  fractionBits: 10,
  bias: 15,
  largest: 0x7bff,
  infinity: 0x7c00,
  overflow: 0x7c00,
  nan: 0x7e00,
};

/** The f16 code of the number nearest to x, ties to even. */
export const encodeF16 = (x: number): number => encodeSmallFloat(x, format);

let numbers: Float32Array | undefined;

/** The number of a f16 code. */
export function decodeF16(code: number): number {
  numbers ??= decodeTable(format);
  return numbers[code];
}
