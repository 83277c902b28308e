import shader from '../../../shaders/random/wide.wgsl';
import type { WideDType } from '../../graph/dtype.ts';
import { encodeF32x2 } from '../../numbers/f32x2.ts';

/** How many upper bits of a word, and of the word after it, a number is made of. */
const RANDOM_BITS: Readonly<Record<WideDType, readonly [high: number, low: number]>> = {
  f32x2: [24, 24],
  f64: [27, 26],
};

/** Terms of Taylor's series: the next ones are below 2^-60 of the sum up to pi/4. */
const TERMS = 10;

/** A number as WGSL. */
function constant(dtype: WideDType, value: number): string {
  if (dtype === 'f32x2') return `vec2f(${encodeF32x2(value).join(', ')})`;
  const [low, high] = new Uint32Array(Float64Array.of(value).buffer);
  return `vec2u(${low}u, ${high}u)`;
}

/** (-1)^k / (2k + first)! */
function series(dtype: WideDType, first: 0 | 1): string {
  let term = 1;
  const terms = Array.from({ length: TERMS }, (_, k) => {
    if (k > 0) term /= -(2 * k + first) * (2 * k + first - 1);
    return constant(dtype, term);
  });
  return terms.join(', ');
}

/** The shader and constants that make random numbers of a format of two words. */
export function wideRandom(dtype: WideDType): {
  readonly shader: string;
  readonly constants: Record<string, number | string>;
} {
  const [HIGH_BITS, LOW_BITS] = RANDOM_BITS[dtype];
  return {
    shader,
    constants: {
      T: dtype,
      // wgsl_reflect does not see through an alias here.
      WORDS: dtype === 'f64' ? 'vec2u' : 'vec2f',
      IS_F64: dtype === 'f64' ? 1 : 0,
      CONVERSIONS: dtype === 'f64' ? 1 : 0,
      HIGH_BITS,
      LOW_BITS,
      LOW_MASK: 2 ** LOW_BITS - 1,
      EIGHTH: 2 ** HIGH_BITS / 8,
      TERMS,
      COSINE: series(dtype, 0),
      SINE: series(dtype, 1),
      MINUS_TWO: constant(dtype, -2),
      TWO_PI: constant(dtype, 2 * Math.PI),
    },
  };
}
