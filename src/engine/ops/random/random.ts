import integerShader from '../../../shaders/random/integers.wgsl';
import shader from '../../../shaders/random/random.wgsl';
import { ShapeError } from '../../errors.ts';
import { type DType, isWide } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { KernelCall, Node } from '../../graph/op.ts';
import { describe, elements, type Shape, type TensorType } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { wideRandom } from './wide.ts';

/**
 * Random numbers as ops. The key is an input, so that one executable gives new numbers in each run; `../philox.ts` computes
 * the same numbers on the host: element i is that of `{ seed, stream, substream }` at offset i, with `keyOf(seed)` as key.
 */

/** Which numbers of a key; see `RandomStream` in `../philox.ts`. */
export interface RandomOptions {
  /** What the numbers are for, a u32: `streamId('attack.start')`. */
  readonly stream: number;
  /** Which of them (step, sample), a u32. */
  readonly substream?: number;
}

/** Options of floating-point numbers. */
export interface RandomFloatOptions extends RandomOptions {
  /**
   * f32 unless given. Not 8 or 16 bits: 1 - 2^-24 would be rounded to 1, which is no number of [0, 1); who may have that
   * converts numbers of f32.
   */
  readonly dtype?: 'f32' | 'f32x2' | 'f64';
}

interface RandomAttributes {
  readonly [key: string]: unknown;
  readonly shape: Shape;
  readonly stream: number;
  readonly substream: number;
}

const isWord = (value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 32;

function check(name: string, key: TensorType, { stream, substream }: RandomAttributes): void {
  if (key.dtype !== 'u32' || elements(key.shape) !== 2)
    throw new ShapeError(`${name}: the key is ${describe(key)}, not u32[2]`);
  for (const [what, value] of Object.entries({ stream, substream }))
    if (!isWord(value)) throw new ShapeError(`${name}: the ${what} is ${value}, not an integer from 0 to 2^32 - 1`);
}

/** The operations of an element are its share of a block's: ten rounds of about twenty for four elements. */
const randomCost = ({ output }: { output: { size: number; bytes: number } }) => ({
  flops: 50 * output.size,
  bytes: output.bytes,
});

const randomOp = (name: string, entry: string) =>
  defineOp<RandomAttributes & { readonly dtype: DType }>({
    name,
    infer([key], attributes) {
      const { shape, dtype } = attributes;
      check(name, key, attributes);
      if (dtype !== 'f32' && !isWide(dtype)) throw new ShapeError(`${name} makes f32, f32x2 or f64, not ${dtype}`);
      return { shape, dtype };
    },
    derivative: null,
    kernel: ({ inputs: [key], output, attributes: { stream, substream } }): KernelCall => {
      const sizes = { size: output.size, stream, substream };
      if (isWide(output.dtype))
        return {
          ...wideRandom(output.dtype),
          entry,
          bind: { key, numbers: output },
          sizes: { ...sizes, zero: 0 },
          grid: gridOver(output.size / 2),
        };
      return {
        shader,
        entry,
        bind: { key, y: output },
        sizes,
        grid: gridOver(output.size / 4),
      };
    },
    cost: randomCost,
  });

const uniformOp = randomOp('randomUniform', 'uniform_numbers');
const normalOp = randomOp('randomNormal', 'normal_numbers');

const integersOp = defineOp<RandomAttributes & { readonly bound: number }>({
  name: 'randomIntegers',
  infer([key], attributes) {
    const { shape, bound } = attributes;
    check('randomIntegers', key, attributes);
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 31)
      throw new ShapeError(`randomIntegers: the bound is ${bound}, not an integer from 1 to 2^31`);
    return { shape, dtype: 'i32' };
  },
  derivative: null,
  kernel: ({ inputs: [key], output, attributes: { stream, substream, bound } }) => ({
    shader: integerShader,
    entry: 'integers',
    bind: { key, y: output },
    sizes: { size: output.size, stream, substream, bound },
    grid: gridOver(output.size / 4),
  }),
  cost: randomCost,
});

/**
 * Uniform numbers in [0, 1). f32: multiples of 2^-24, bit for bit those of `drawUniform` in `base/philox.ts`. Wider formats take two words
 * of the stream a number, 2i and 2i + 1: f32x2 the upper 24 bits of both, 48 random bits; f64 the upper 27 and 26, 53 random bits.
 * @param key u32[2], the two words of a seed
 */
export const randomUniform = (
  key: Node,
  shape: Shape,
  { stream, substream = 0, dtype = 'f32' }: RandomFloatOptions,
): Node => uniformOp([key], { shape: [...shape], stream, substream, dtype });

/**
 * Standard normal numbers by Box and Muller, in pairs from two uniform numbers u and t of as many random bits as `randomUniform` has,
 * u counted from the least to 1. f32: those of `drawNormal` in `base/philox.ts`, to about 5 units of 2^-24 of each; f32x2 to 2^-43 and
 * f64 to 2^-50 of the radius √(-2 ln u), which is at most 8.2 and 8.6.
 * @param key u32[2], the two words of a seed
 */
export const randomNormal = (
  key: Node,
  shape: Shape,
  { stream, substream = 0, dtype = 'f32' }: RandomFloatOptions,
): Node => normalOp([key], { shape: [...shape], stream, substream, dtype });

/**
 * Integers from 0 to bound - 1, i32: bit for bit those of `drawIntegers` in `base/philox.ts`.
 * @param key u32[2], the two words of a seed
 */
export const randomIntegers = (
  key: Node,
  shape: Shape,
  bound: number,
  { stream, substream = 0 }: RandomOptions,
): Node => integersOp([key], { shape: [...shape], stream, substream, bound });
