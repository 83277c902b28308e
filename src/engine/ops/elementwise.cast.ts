import { type DType, formats, isSmall } from '../dtype.ts';
import type { Node } from '../graph.ts';
import { convert } from './convert.ts';
import { defineElementwise, type ExpressionTypes, type WideTypes } from './fused.ts';

/** Conversion to another number format; see `cast`. */
function conversion(x: string, { type, from: [from], dtype }: ExpressionTypes): string {
  if (dtype === 'bool') return `${type}(!(${x} == ${from}(0)))`;
  return from === type ? x : `${type}(${x})`;
}

/** The same from or to a format of two words: exact between f32 and f32x2, else by way of binary64. */
function conversionOfWide(x: string, { formats: [from], dtype }: WideTypes): string {
  if (dtype === 'bool') return `u32(!${from}_equal(${x}, ${from}_value()))`;
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
  expression: ([x], types) => conversion(x, types),
  wide: ([x], types) => conversionOfWide(x, types),
  converts: true,
  derivative: ({ inputs: [x], gradient }) => [
    formats[x.dtype].floating && formats[gradient.dtype].floating ? cast(gradient, x.dtype) : null,
  ],
  flops: 0,
});

/** Converts numbers: floats to integers towards zero, anything to bool by x ≠ 0, bool to 0 and 1, floats to the nearest, ties to even. */
export function cast(x: Node, dtype: DType): Node {
  if (x.dtype === dtype) return x;
  return isSmall(x.dtype) || isSmall(dtype) ? convert(x, dtype) : castOp([x], { dtype });
}
