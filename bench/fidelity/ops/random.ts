import { drawIntegers, drawNormal, drawUniform, type RandomStream, randomWords } from '../../../src/base/philox.ts';
import { type DType, randomIntegers, randomNormal, randomUniform, type Shape } from '../../../src/engine/index.ts';
import type { Operation } from '../operation.ts';
import { type Expected, single } from '../operationReferences.ts';

const SHAPE: Shape = [1000];
const BOUND = 1000;
const STREAM = { stream: 5, substream: 3 } as const;

/** The two words of a seed below 2^53. */
const key = {
  shape: [2],
  dtype: 'u32',
  element: (uniform: () => number, i: number) => Math.floor(uniform() * 2 ** (i === 0 ? 32 : 21)),
} as const;

const sourceOf = ([low, high]: Float64Array): RandomStream => ({ ...STREAM, seed: low + 2 ** 32 * high });

/** Uniform numbers of two words each, of so many bits of the first and of the second. */
function wideUniform(source: RandomStream, count: number, [first, second]: readonly [number, number]): number[] {
  const words = randomWords(source, 2 * count);
  return Array.from(
    { length: count },
    (_, i) =>
      (words[2 * i] >>> (32 - first)) * 2 ** -first + (words[2 * i + 1] >>> (32 - second)) * 2 ** -(first + second),
  );
}

const BITS = { f32x2: [24, 24], f64: [27, 26] } as const;

const isWide = (dtype: DType): dtype is keyof typeof BITS => dtype in BITS;

/** Box and Muller in float64: elements 2j and 2j + 1 of two uniform numbers, of which the first counts from its least to 1. */
function normalPairs(source: RandomStream, dtype: keyof typeof BITS): Expected[] {
  const bits = BITS[dtype];
  const numbers = wideUniform(source, SHAPE[0], bits);
  return numbers.map((_, i) => {
    const [u, t] = [numbers[i - (i % 2)] + 2 ** -(bits[0] + bits[1]), numbers[i - (i % 2) + 1]];
    const radius = Math.sqrt(-2 * Math.log(u));
    return { ...single(radius * (i % 2 === 0 ? Math.cos : Math.sin)(2 * Math.PI * t)), magnitude: radius };
  });
}

/** Random numbers, against the same stream on the host; of normal ones the unit is that of the radius. */
export const random = {
  randomUniform: {
    formats: ['f32', 'f32x2', 'f64'],
    operands: [key],
    build: ([seed], dtype) => randomUniform(seed, SHAPE, { ...STREAM, dtype: dtype as 'f32' }),
    reference: ([seed], dtype) => {
      const source = sourceOf(seed);
      const numbers = isWide(dtype) ? wideUniform(source, SHAPE[0], BITS[dtype]) : drawUniform(source, SHAPE[0]);
      return Array.from(numbers, single);
    },
  },
  randomNormal: {
    formats: ['f32', 'f32x2'],
    operands: [key],
    build: ([seed], dtype) => randomNormal(seed, SHAPE, { ...STREAM, dtype: dtype as 'f32' }),
    reference: ([seed], dtype) => {
      const source = sourceOf(seed);
      return isWide(dtype) ? normalPairs(source, dtype) : Array.from(drawNormal(source, SHAPE[0]), single);
    },
  },
  randomIntegers: {
    formats: ['i32'],
    operands: [key],
    build: ([seed]) => randomIntegers(seed, SHAPE, BOUND, STREAM),
    reference: ([seed]) => Array.from(drawIntegers(sourceOf(seed), BOUND, SHAPE[0]), single),
  },
} satisfies Record<string, Operation>;
