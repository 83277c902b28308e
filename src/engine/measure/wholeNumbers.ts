import { type DType, formats, hostArray, type TypedArray } from '../graph/dtype.ts';
import { elements, type TensorType } from '../graph/shape.ts';

/**
 * Shuffled whole numbers from -2 to 2: their products and sums are exact in f32. From 0 to 2 in vectors, which may be variances, and
 * 0 or 1 in formats without a fraction, which may be positions or answers.
 * @param index of the tensor among several, which have other numbers each
 * @param stored the format of the result, where it is not the tensor's own
 */
export function wholeNumbers({ shape, dtype }: TensorType, index: number, stored: DType = dtype): TypedArray {
  const data = hostArray(stored, elements(shape));
  for (let i = 0; i < data.length; i++) {
    // The finaliser of MurmurHash3.
    let bits = Math.imul(i + 1 + 0x9e3779b9 * (index + 1), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    bits = (bits ^ (bits >>> 16)) >>> 0;
    data[i] = !formats[dtype].floating ? bits % 2 : shape.length === 1 ? bits % 3 : (bits % 5) - 2;
  }
  return data;
}
