import { philoxWord } from './philox.ts';

/** The upper 24 bits of a stream's word i, times 2^-24. */
const upper = (seed: number, stream: number, substream: number, i: number): number =>
  Math.floor(philoxWord(seed, stream, substream, i) / 256) / 2 ** 24;

/** Uniform numbers in [0, 1). */
export const randomUniform = (seed: number, stream: number, substream: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => upper(seed, stream, substream, i));

/** Standard normal numbers by Box and Muller (1958), from pairs of words: the first of a pair counts from 2^-24 to 1. */
export const randomNormal = (seed: number, stream: number, substream: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => {
    const first = i - (i % 2);
    const radius = Math.sqrt(-2 * Math.log(upper(seed, stream, substream, first) + 2 ** -24));
    const angle = 2 * Math.PI * upper(seed, stream, substream, first + 1);
    return radius * (i === first ? Math.cos(angle) : Math.sin(angle));
  });

/** Integers from 0 to bound - 1: the word as a fraction of 2^32, times the bound, rounded down, in exact integers. */
export const randomIntegers = (
  seed: number,
  stream: number,
  substream: number,
  bound: number,
  count: number,
): Float64Array =>
  Float64Array.from({ length: count }, (_, i) =>
    Number((BigInt(philoxWord(seed, stream, substream, i)) * BigInt(bound)) >> 32n),
  );
