import { philoxWord } from './philox.ts';

/** The upper 24 bits of a stream's word i, times 2^-24. */
const upper = (seed: number, stream: number, substream: number, i: number): number =>
  Math.floor(philoxWord(seed, stream, substream, i) / 256) / 2 ** 24;

/** Uniform numbers in [0, 1). */
export const randomUniform = (seed: number, stream: number, substream: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => upper(seed, stream, substream, i));

/** The upper bits of words 2i and 2i + 1, as a fraction of one: uniform numbers of 48 (24 and 24) or 53 bits (27 and 26). */
export const randomUniformOfTwoWords = (
  seed: number,
  stream: number,
  substream: number,
  [high, low]: readonly [number, number],
  count: number,
): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => {
    const [first, second] = [0, 1].map((k) => philoxWord(seed, stream, substream, 2 * i + k));
    return Math.floor(first / 2 ** (32 - high)) / 2 ** high + Math.floor(second / 2 ** (32 - low)) / 2 ** (high + low);
  });

/** The same as standard normal numbers, and their radii √(-2 ln u). */
export function randomNormalOfTwoWords(
  ...[seed, stream, substream, bits, count]: Parameters<typeof randomUniformOfTwoWords>
): { numbers: Float64Array; radii: Float64Array } {
  const pairs = randomUniformOfTwoWords(seed, stream, substream, bits, count + (count % 2));
  const radii = Float64Array.from({ length: count }, (_, i) =>
    Math.sqrt(-2 * Math.log(pairs[i - (i % 2)] + 2 ** -(bits[0] + bits[1]))),
  );
  // An eighth of the circle at a time, so that π is not rounded where the result is near zero.
  const numbers = radii.map((radius, i) => {
    const turns = pairs[i - (i % 2) + 1] - (i % 2 === 0 ? 0 : 0.25);
    const eighths = Math.round(turns * 4);
    const angle = 2 * Math.PI * (turns - eighths / 4);
    const functions = [Math.cos(angle), -Math.sin(angle), -Math.cos(angle), Math.sin(angle)];
    return radius * functions[((eighths % 4) + 4) % 4];
  });
  return { numbers, radii };
}

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
