import {
  type DType,
  decodeF8E4M3,
  decodeF8E5M2,
  decodeF16,
  decodeF32x2,
  encodeF8E4M3,
  encodeF8E5M2,
  encodeF16,
  encodeF32x2,
} from '../../src/engine/index.ts';

/** Bits of the significand, exponent of the smallest number, and the nearest number of the formats. */
export const precisions = {
  f8e4m3: { bits: 4, smallest: -9, round: (x: number) => decodeF8E4M3(encodeF8E4M3(x)) },
  f8e5m2: { bits: 3, smallest: -16, round: (x: number) => decodeF8E5M2(encodeF8E5M2(x)) },
  f16: { bits: 11, smallest: -24, round: (x: number) => decodeF16(encodeF16(x)) },
  f32: { bits: 24, smallest: -149, round: Math.fround },
  f32x2: { bits: 48, smallest: -149, round: (x: number) => decodeF32x2(...encodeF32x2(x)) },
  f64: { bits: 53, smallest: -1074, round: (x: number) => x },
} as const;

export type FloatDType = keyof typeof precisions;

export const isFloat = (dtype: DType): dtype is FloatDType => dtype in precisions;
