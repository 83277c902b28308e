import conversions from '../../../shaders/elementwise/cast.wgsl';
import { type DType, formats, isSmall, wordType } from '../../graph/dtype.ts';
import type { Node } from '../../graph/op.ts';
import { convert } from './convert.ts';
import { defineElementwise, type ExpressionTypes, type WideTypes } from './fused.ts';

/** Conversion between formats of one word; see `cast`. */
function conversion(x: string, { type, from: [given], formats: [from], dtype }: ExpressionTypes): string {
  if (dtype === 'bool') return from === 'f32' ? `bool_of_f32(${x})` : `${type}(${x} != ${given}(0))`;
  // A bool is a u32 of 0 or 1.
  const word = wordType(from);
  if (word === dtype) return x;
  // What every adapter rounds rightly, or exactly.
  if (dtype === 'f32' && from !== 'u32') return `${type}(${x})`;
  return `${dtype}_of_${word}(${x})`;
}

/** A conversion from or to a format of two words: exact between f32 and f32x2, else by way of binary64. */
function conversionOfWide(x: string, { formats: [from], dtype }: WideTypes): string {
  if (dtype === 'bool' && from === 'f64') return `u32(!f64_is_zero(${x}))`;
  if (dtype === 'bool') return `min((bitcast<u32>(${x}.x) | bitcast<u32>(${x}.y)) & 0x7fffffffu, 1u)`;
  if (from === 'f32' && dtype === 'f32x2') return `vec2f(${x}, 0.0)`;
  if (from === 'f32x2' && dtype === 'f32') return `${x}.x`;
  if (from === 'f32x2' && dtype === 'f64') return `f32x2_nearest_f64(${x})`;
  const word = from === 'bool' ? 'u32' : from;
  const wide = from === 'f64' ? x : from === 'f32x2' ? `f32x2_to_f64(${x})` : `f64_from_${word}(${x})`;
  return dtype === 'f64' ? wide : dtype === 'f32x2' ? `f32x2_from_f64(${wide})` : `f64_to_${dtype}(${wide})`;
}

const castOp = defineElementwise<{ dtype: DType }>({
  name: 'cast',
  dtype: (_, { dtype }) => dtype,
  functions: [conversions],
  expression: ([x], types) => conversion(x, types),
  wide: ([x], types) => conversionOfWide(x, types),
  converts: true,
  derivative: ({ inputs: [x], gradient }) => [
    formats[x.dtype].floating && formats[gradient.dtype].floating ? cast(gradient, x.dtype) : null,
  ],
  flops: 0,
});

/**
 * Converts numbers, to what `convert` gives: floats to the nearest, ties to even; to integers what lies towards zero, the nearest that
 * exists, and 0 for NaN; anything to bool by x ≠ 0, bool to 0 and 1.
 */
export function cast(x: Node, dtype: DType): Node {
  if (x.dtype === dtype) return x;
  return isSmall(x.dtype) || isSmall(dtype) ? convert(x, dtype) : castOp([x], { dtype });
}
