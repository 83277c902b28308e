/**
 * Philox4x32-10: random numbers as a pure function of a counter and a key, so that any of them can be computed anywhere,
 * in any order, on the CPU or on the GPU.
 *
 * Source: Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
 *
 * ## Layout (the WGSL twin must follow it bit for bit)
 *
 * A stream is `{seed, stream, substream}`; it is an endless row of 32-bit words. The word at `offset` is word
 * `offset mod 4` of the block at `block = floor(offset / 4)`:
 *
 *     key     = [seed mod 2^32,  floor(seed / 2^32)]
 *     counter = [block mod 2^32, floor(block / 2^32), stream, substream]
 *
 * cuRAND and PyTorch lay it out the same way, with `subsequence = stream + 2^32 substream`.
 *
 * | value | from words | formula |
 * |---|---|---|
 * | uniform i in [0, 1) | i | `(w_i >> 8) * 2^-24`, exact in f32 |
 * | integer i below a bound | i | `floor(w_i * bound / 2^32)`, exact; results differ in likelihood by at most bound / 2^32 of it |
 * | normals 2j and 2j + 1 | 2j and 2j + 1 | Box-Muller: `r cos t`, `r sin t` |
 *
 * In Box-Muller, `r = sqrt(-2 ln u)`, `u = ((w_2j >> 8) + 1) * 2^-24` in (0, 1], and `t = 2 pi (w_2j+1 >> 8) * 2^-24`.
 */
import { InputError } from './errors.ts';

/** A stream: an endless row of random words. Different streams, substreams or seeds give independent rows. */
export interface RandomStream {
  /** Integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** What the numbers are for, an integer below 2^32; see `streamId`. */
  readonly stream: number;
  /** Which of them: epoch, step, sample, an integer below 2^32. */
  readonly substream: number;
}

type Words2 = readonly [number, number];
type Words4 = readonly [number, number, number, number];

const TWO_32 = 2 ** 32;
const UNIFORM_STEP = 2 ** -24;
const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** Weyl increments of the key: the golden ratio and sqrt(3) - 1, times 2^32. */
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two u32, as a signed number, by 16-bit halves, none of whose sums exceeds 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/**
 * The block function, written to out[at..at+3]; the public form is `philox4x32`. All numbers are integers of 32 bits, which is what makes
 * it quick, and whose sign means nothing.
 */
function writeBlock(counter: ArrayLike<number>, key: ArrayLike<number>, out: Uint32Array, at: number): void {
  let x0 = counter[0] | 0;
  let x1 = counter[1] | 0;
  let x2 = counter[2] | 0;
  let x3 = counter[3] | 0;
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = Math.imul(MULTIPLIER_0, x0);
    const low1 = Math.imul(MULTIPLIER_1, x2);
    const high0 = multiplyHigh(MULTIPLIER_0, x0);
    const high1 = multiplyHigh(MULTIPLIER_1, x2);
    x0 = high1 ^ x1 ^ k0;
    x1 = low1;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[at] = x0;
  out[at + 1] = x1;
  out[at + 2] = x2;
  out[at + 3] = x3;
}

/** The Philox4x32-10 block function: four random u32 from a counter of four u32 and a key of two. */
export function philox4x32(counter: Words4, key: Words2): Uint32Array {
  const out = new Uint32Array(4);
  writeBlock(counter, key, out, 0);
  return out;
}

/**
 * A stream number for a purpose, named once where it is used ('data.shuffle'): FNV-1a, 32 bits, over the name's UTF-8.
 * Names spare the code a central list of numbers.
 */
export function streamId(purpose: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(purpose)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function checkInteger(name: string, value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= limit) {
    throw new InputError(`${name} is ${value}: it must be an integer from 0 to ${limit - 1}`);
  }
}

function checkStream({ seed, stream, substream }: RandomStream): void {
  checkInteger('seed', seed, 2 ** 53);
  checkInteger('stream', stream, TWO_32);
  checkInteger('substream', substream, TWO_32);
}

/** The key of a stream, as in the layout above. @throws InputError when the seed is not an integer in [0, 2^53). */
export function keyOf(seed: number): [number, number] {
  checkInteger('seed', seed, 2 ** 53);
  return [seed % TWO_32, Math.floor(seed / TWO_32)];
}

/** The counter of a stream's block, as in the layout above. */
export function counterOf({ stream, substream }: RandomStream, block: number): [number, number, number, number] {
  return [block % TWO_32, Math.floor(block / TWO_32), stream, substream];
}

/**
 * `count` words of a stream, from `offset` on.
 * @throws InputError when seed, stream, substream, offset or count is out of range.
 */
export function randomWords(source: RandomStream, count: number, offset = 0): Uint32Array {
  checkStream(source);
  checkInteger('count', count, TWO_32);
  checkInteger('offset', offset, 2 ** 53);
  const key = keyOf(source.seed);
  const skipped = offset % 4;
  const firstBlock = (offset - skipped) / 4;
  const blocks = Math.ceil((skipped + count) / 4);
  const words = new Uint32Array(4 * blocks);
  const counter = Uint32Array.from(counterOf(source, firstBlock));
  for (let b = 0; b < blocks; b++) {
    writeBlock(counter, key, words, 4 * b);
    counter[0]++;
    if (counter[0] === 0) counter[1]++;
  }
  return words.subarray(skipped, skipped + count);
}

/** `count` numbers, uniform in [0, 1), multiples of 2^-24. Element i comes from word offset + i. */
export function drawUniform(source: RandomStream, count: number, offset = 0): Float32Array {
  const words = randomWords(source, count, offset);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = (words[i] >>> 8) * UNIFORM_STEP;
  return out;
}

/**
 * `count` integers from 0 to bound - 1. Element i comes from word offset + i: unlike `permutation`, which discards words to be exactly
 * uniform, so that a device can compute any of them by itself.
 * @throws InputError when the bound is not an integer from 1 to 2^31
 */
export function drawIntegers(source: RandomStream, bound: number, count: number, offset = 0): Int32Array {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 31)
    throw new InputError(`bound is ${bound}: it must be an integer from 1 to 2^31`);
  return Int32Array.from(randomWords(source, count, offset), (word) => multiplyHigh(word, bound) >>> 0);
}

/**
 * `count` standard normal numbers by Box-Muller, computed in float64 and rounded to f32; none exceeds 5.77 in magnitude.
 * Elements 2j and 2j + 1 come from words offset + 2j and offset + 2j + 1.
 * @throws InputError when `offset` is odd: it would split a pair.
 */
export function drawNormal(source: RandomStream, count: number, offset = 0): Float32Array {
  if (offset % 2 !== 0) throw new InputError(`offset is ${offset}: normal numbers come in pairs, it must be even`);
  const words = randomWords(source, count + (count % 2), offset);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(((words[i] >>> 8) + 1) * UNIFORM_STEP));
    const angle = 2 * Math.PI * (words[i + 1] >>> 8) * UNIFORM_STEP;
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** Reads a stream word by word from its beginning. */
function wordReader(source: RandomStream): () => number {
  const key = keyOf(source.seed);
  const block = new Uint32Array(4);
  let offset = 0;
  return () => {
    if (offset % 4 === 0) writeBlock(counterOf(source, offset / 4), key, block, 0);
    return block[offset++ % 4];
  };
}

/** An integer in [0, bound), each equally likely. Lemire, "Fast random integer generation in an interval", 2019. */
function boundedInteger(nextWord: () => number, bound: number): number {
  let word = nextWord();
  const remainder = TWO_32 % bound;
  // The first 2^32 mod bound low products would make some results one word likelier than others.
  while (Math.imul(word, bound) >>> 0 < remainder) word = nextWord();
  return multiplyHigh(word, bound) >>> 0;
}

/**
 * A random order of 0 .. n - 1, every order equally likely (Fisher-Yates, from the last place to the first).
 * @throws InputError when n is not an integer below 2^32, or the stream is out of range.
 */
export function permutation(n: number, source: RandomStream): Uint32Array {
  checkInteger('n', n, TWO_32);
  checkStream(source);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const nextWord = wordReader(source);
  for (let last = n - 1; last > 0; last--) {
    const chosen = boundedInteger(nextWord, last + 1);
    const value = order[chosen];
    order[chosen] = order[last];
    order[last] = value;
  }
  return order;
}
