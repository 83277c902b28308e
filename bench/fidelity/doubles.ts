import { words } from './numbers.ts';

/** Reproducible float64 of one kind; each call begins again. */
export type Doubles = (count: number, seed: number) => Float64Array;

const kind =
  (element: (uniform: () => number, i: number, count: number) => number): Doubles =>
  (count, seed) => {
    const next = words(seed);
    const uniform = () => (next() + (next() >>> 11) * 2 ** -21) * 2 ** -32;
    return Float64Array.from({ length: count }, (_, i) => element(uniform, i, count));
  };

const normal = (uniform: () => number) => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
const pick = (uniform: () => number, from: readonly number[]) => from[Math.floor(uniform() * from.length)];
const sign = (uniform: () => number) => (uniform() < 0.5 ? -1 : 1);

/** Kinds of numbers at which sums of products go wrong. */
export const doubles = {
  normal: kind(normal),
  /** 2^±40: about 130 bits from the highest to the lowest. */
  spread: kind((uniform) => normal(uniform) * 2 ** (Math.round(uniform() * 80) - 40)),
  /** Pairs of both signs that nearly cancel along an axis of the sum. */
  cancelling: kind((uniform, i) => (i % 2 === 0 ? 1 : -1) * (2 ** 50 + Math.floor(uniform() * 4)) * 2 ** -10),
  /** Sums lie halfway between two float64. */
  ties: kind((uniform) => sign(uniform) * pick(uniform, [1, 2 ** 53, 2 ** -53, 0, 3 * 2 ** -54, 2 ** 52 + 1])),
  /** Few bits near the smallest number. */
  subnormal: kind((uniform) => sign(uniform) * Math.floor(uniform() * 9) * Number.MIN_VALUE),
  halves: kind((uniform) => sign(uniform) * pick(uniform, [0.5, 0.25, 0.75, 1, 0])),
  /** At the upper end of the range. */
  overflow: kind((uniform) => sign(uniform) * pick(uniform, [Number.MAX_VALUE, Number.MAX_VALUE / 2, 0, 1, 2 ** -53])),
  /** Far more bits than any number of moduli holds. */
  huge: kind((uniform) => normal(uniform) * 2 ** (Math.round(uniform() * 1800) - 900)),
  zero: kind((uniform) => (uniform() < 0.5 ? 0 : -0)),
  special: kind((uniform) =>
    uniform() < 0.02
      ? pick(uniform, [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0])
      : normal(uniform),
  ),
} as const;
