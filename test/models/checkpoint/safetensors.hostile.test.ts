import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../../../src/models/checkpoint/safetensors.ts';

/** A file by the format's description: the header's text and some bytes, with the header's length or a lie about it. */
function fileOf(header: string | Uint8Array, data: Uint8Array, claimed?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

/** What a reader may do with a file: give its tensors, or say in one line what is wrong. */
function read(bytes: Uint8Array): 'accepted' | string {
  try {
    decodeSafetensors(bytes, 'f');
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const { message } = error as InputError;
    expect(message).toMatch(/^f: [^\n]+$/);
    // However hostile the file, its message fits on a screen.
    expect(message.length).toBeLessThan(600);
    return message;
  }
}

interface Range {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

const headerOf = (ranges: readonly Range[]) =>
  `{${ranges
    .map(
      ({ name, begin, end }) =>
        `${JSON.stringify(name)}:{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`,
    )
    .join(',')}}`;

/** Tensors of some lengths, one after the other. */
const consecutive = fc.array(fc.nat(40), { minLength: 1, maxLength: 8 }).map((lengths) => {
  let end = 0;
  return lengths.map((length, i): Range => {
    const begin = end;
    end += length;
    return { name: `t${i}`, begin, end };
  });
});

it('accepts ranges that cover the data exactly once, in any order, and nothing else', () => {
  const moved = fc.record({
    index: fc.nat(7),
    begin: fc.integer({ min: -9, max: 9 }),
    end: fc.integer({ min: -9, max: 9 }),
  });
  fc.assert(
    fc.property(
      consecutive,
      fc.array(moved, { maxLength: 2 }),
      fc.integer({ min: -3, max: 3 }),
      (ranges, moves, slack) => {
        const changed = [...ranges];
        for (const { index, begin, end } of moves) {
          const range = changed[index % changed.length];
          const first = Math.max(0, range.begin + begin);
          changed[index % changed.length] = { ...range, begin: first, end: Math.max(first, range.end + end) };
        }
        const length = Math.max(0, ranges[ranges.length - 1].end + slack);
        // Counting bytes is the meaning of an exact cover.
        const times = new Array<number>(length).fill(0);
        let outside = false;
        for (const { begin, end } of changed) {
          // An empty tensor must lie at an end of another, which the format's own reader asks for as well.
          for (let at = begin; at < end; at++) {
            if (at < length) times[at]++;
            else outside = true;
          }
        }
        const exact = !outside && times.every((count) => count === 1);
        const answer = read(fileOf(headerOf(changed.toReversed()), new Uint8Array(length)));
        if (!exact) expect(answer).not.toBe('accepted');
        if (exact && changed.every(({ begin, end }) => end > begin)) expect(answer).toBe('accepted');
      },
    ),
    { numRuns: 3000 },
  );
});

it('refuses a header whose length is a lie', () => {
  const header = headerOf([{ name: 'a', begin: 0, end: 4 }]);
  fc.assert(
    fc.property(fc.oneof(fc.bigInt(0n, 80n), fc.bigInt(0n, 2n ** 64n - 1n)), (claimed) => {
      fc.pre(claimed !== BigInt(header.length));
      expect(read(fileOf(header, new Uint8Array(4), claimed))).not.toBe('accepted');
    }),
    { numRuns: 2000 },
  );
});

it('refuses a file that is cut anywhere', () => {
  const whole = fileOf(
    headerOf([
      { name: 'a', begin: 0, end: 30 },
      { name: 'b', begin: 30, end: 64 },
    ]),
    new Uint8Array(64),
  );
  for (let length = 0; length < whole.length; length++) {
    expect(read(whole.subarray(0, length)), `cut to ${length} bytes`).not.toBe('accepted');
  }
  expect(read(whole)).toBe('accepted');
});

it('refuses a header that is not UTF-8, wherever the wrong byte stands', () => {
  const header = new TextEncoder().encode(headerOf([{ name: 'weights', begin: 0, end: 4 }]));
  fc.assert(
    fc.property(fc.nat(header.length - 1), fc.integer({ min: 0x80, max: 0xff }), (at, byte) => {
      const changed = Uint8Array.from(header);
      changed[at] = byte;
      expect(read(fileOf(changed, new Uint8Array(4)))).not.toBe('accepted');
    }),
  );
});

it('refuses nesting and repetition of any depth at the first wrong character', () => {
  const deep = fc.record({
    times: fc.integer({ min: 1, max: 200_000 }),
    what: fc.constantFrom('[', '{"a":', '{"dtype":"U8","shape":[', '{"__metadata__":{"a":', '"\\', '[[1],'),
    before: fc.constantFrom('', '{"a":', '{"a":{"shape":', '{"__metadata__":'),
  });
  fc.assert(
    fc.property(deep, ({ times, what, before }) => {
      expect(read(fileOf(before + what.repeat(times), new Uint8Array(0)))).not.toBe('accepted');
    }),
    { numRuns: 100 },
  );
});

it('refuses a key twice, however it is written', () => {
  const key = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text !== '__metadata__');
  const escaped = (text: string) =>
    `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
  const entry = (from: number) => `{"dtype":"U8","shape":[1],"data_offsets":[${from},${from + 1}]}`;
  fc.assert(
    fc.property(key, (name) => {
      const header = `{${JSON.stringify(name)}:${entry(0)},${escaped(name)}:${entry(1)}}`;
      expect(read(fileOf(header, new Uint8Array(2)))).toMatch(/twice in one object$/);
    }),
  );
});

it('keeps every bit of a tensor, NaN among them, through writing and reading', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 16 }), (bits) => {
      const words = new Uint32Array(bits.length);
      // Half of them are NaN, some signalling.
      bits.forEach((bit, i) => {
        words[i] = bit & 1 ? 0x7f800001 + (bit << 15) : Math.imul(bit, 0x01000193);
      });
      const data = new Float32Array(words.buffer);
      const tensor: StoredTensor = { dtype: 'F32', shape: [data.length], data };
      const file = encodeSafetensors({ tensors: new Map([['w', tensor]]), metadata: {} });
      const back = decodeSafetensors(file, 'f').tensors.get('w')?.data as Float32Array;
      expect(new Uint32Array(back.slice().buffer)).toEqual(words);
    }),
  );
});

it('takes memory in proportion to the file, whatever it claims', () => {
  const lie = fc.record({
    dtype: fc.constantFrom('F64', 'F32', 'U8'),
    shape: fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 4 }),
    end: fc.maxSafeNat(),
  });
  fc.assert(
    fc.property(fc.array(lie, { minLength: 1, maxLength: 50 }), (lies) => {
      const members = lies.map(
        ({ dtype, shape, end }, i) =>
          `"${i}":{"dtype":"${dtype}","shape":${JSON.stringify(shape)},"data_offsets":[0,${end}]}`,
      );
      const bytes = fileOf(`{${members.join(',')}}`, new Uint8Array(16));
      const before = process.memoryUsage().arrayBuffers;
      read(bytes);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    }),
    { numRuns: 300 },
  );
});
