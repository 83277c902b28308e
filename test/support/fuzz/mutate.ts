import { mulberry32 } from '../mulberry32.ts';

/** No mutation makes a file longer. */
export const MOST_BYTES = 2 ** 16;

/** Values at which lengths, counts and signs go wrong. */
const EDGES: readonly number[] = [0, 1, 2, 7, 8, 16, 32, 64, 100, 127, 128, 255, 256, 1024, 4096, 32767, 65535].concat([
  2 ** 20,
  2 ** 24,
  2 ** 30,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 2,
  2 ** 32 - 1,
]);

/** Numbers as texts have them. */
const NUMBERS = [
  '0',
  '-1',
  '1e308',
  '1e999',
  '-0',
  '0.1',
  '65536',
  '4294967296',
  '9007199254740993',
  'NaN',
  '1'.repeat(400),
];

/** What stands for structure in texts: a few of them nest, end or quote something. */
const SIGNS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  ',',
  ':',
  '\n',
  '\t',
  '\0',
  '#',
  '&a',
  '*a',
  '- ',
  '\\u0000',
  '\uFEFF',
  '\u{1F600}',
];

const encoder = new TextEncoder();

/** A source of mutated files that depends on the seed alone. */
export interface Mutator {
  /** A whole number from 0 to below `count`. */
  below(count: number): number;
  /** A copy of a file with one to several changes; `others` are files that it may take parts from. */
  mutate(file: Uint8Array, others: readonly Uint8Array[]): Uint8Array;
}

/** @param words of the format: put in as they are */
export function mutatorOf(seed: number, words: readonly (string | Uint8Array)[] = []): Mutator {
  const next = mulberry32(seed);
  const below = (count: number) => next() % count;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)];
  const bytesOf = (word: string | Uint8Array) => (typeof word === 'string' ? encoder.encode(word) : word);
  const tokens = [...words, ...SIGNS, ...NUMBERS].map(bytesOf);
  /** Short pieces are likelier than long ones, as small changes leave more of a file in order. */
  const length = (most: number) => Math.min(most, 1 + below(2 ** (1 + below(8))));

  const spliced = (file: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array => {
    const whole = new Uint8Array(file.length - removed + added.length);
    whole.set(file.subarray(0, at));
    whole.set(added, at);
    whole.set(file.subarray(at + removed), at + added.length);
    return whole;
  };
  const setWord = (file: Uint8Array, at: number, value: number): Uint8Array => {
    const whole = file.slice();
    const view = new DataView(whole.buffer);
    const littleEndian = below(2) === 0;
    const room = whole.length - at;
    if (room >= 8 && below(4) === 0) view.setBigUint64(at, BigInt(value), littleEndian);
    else if (room >= 4 && below(2) === 0) view.setUint32(at, value, littleEndian);
    else if (room >= 2 && below(2) === 0) view.setUint16(at, value, littleEndian);
    else whole[at] = value;
    return whole;
  };
  /** Replaces the first number in digits from a place on. */
  const setNumber = (file: Uint8Array, at: number): Uint8Array => {
    let from = at;
    while (from < file.length && !isDigit(file[from])) from++;
    let to = from;
    while (to < file.length && isDigit(file[to])) to++;
    return spliced(file, from, to - from, encoder.encode(pick(NUMBERS)));
  };
  const changes: readonly ((file: Uint8Array, at: number, others: readonly Uint8Array[]) => Uint8Array)[] = [
    (file, at) => file.with(at, file[at] ^ (1 << below(8))),
    (file, at) => file.with(at, below(256)),
    (file, at) => setWord(file, at, pick(EDGES)),
    (file, at) => setWord(file, at, Math.max(0, file[at] + below(17) - 8)),
    (file, at) => spliced(file, at, 0, pick(tokens)),
    (file, at) => spliced(file, at, Math.min(file.length - at, pick(tokens).length), pick(tokens)),
    (file, at) => spliced(file, at, length(file.length - at), new Uint8Array()),
    (file, at) => spliced(file, at, 0, file.slice(at, at + length(file.length - at))),
    (file, at) => spliced(file, below(file.length), 0, file.slice(at, at + length(file.length - at))),
    (file, at) => file.slice(0, at),
    setNumber,
    (file, at, others) => {
      const other = pick(others);
      const from = below(other.length + 1);
      return spliced(file, at, length(file.length - at), other.slice(from, from + length(other.length)));
    },
  ];
  return {
    below,
    mutate: (file, others) => {
      let mutated = file;
      for (let left = 1 + below(2 ** below(4)); left > 0; left--)
        mutated = mutated.length === 0 ? pick(tokens).slice() : pick(changes)(mutated, below(mutated.length), others);
      return mutated.length > MOST_BYTES ? mutated.slice(0, MOST_BYTES) : mutated;
    },
  };
}

const isDigit = (byte: number) => byte >= 48 && byte <= 57;
