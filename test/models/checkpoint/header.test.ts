import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { parseHeader } from '../../../src/models/checkpoint/header.ts';

function parse(text: string) {
  return parseHeader(new TextEncoder().encode(text), 'f');
}

const entry = '{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}';

describe('parseHeader', () => {
  it('reads entries and metadata in any order, with white space and padding', () => {
    const text = `{ "b" :{"data_offsets":[ 0 , 24 ],\n"shape":[2, 3],\t"dtype":"F32"}, "__metadata__": {"k\\n": "\\u00e9"},"a":${entry}}   `;
    const tensor = { dtype: 'F32', shape: [2, 3], dataOffsets: [0, 24] };
    expect(parse(text)).toEqual({
      entries: [
        { name: 'b', ...tensor },
        { name: 'a', ...tensor },
      ],
      metadata: { 'k\n': 'é' },
    });
    expect(parse('{}')).toEqual({ entries: [], metadata: {} });
  });

  it('takes every name, also those that objects treat in their own way', () => {
    const names = ['__proto__', 'constructor', '10', '', '😀'];
    const text = `{${names.map((name) => `${JSON.stringify(name)}:${entry}`).join(',')}}`;
    expect(parse(text).entries.map(({ name }) => name)).toEqual(names);
    expect(Object.entries(parse('{"__metadata__":{"__proto__":"x"}}').metadata)).toEqual([['__proto__', 'x']]);
  });

  it.each([
    ['', 'f: the header must begin with "{": not a safetensors file'],
    [' {}', 'f: the header must begin with "{": not a safetensors file'],
    ['{}{}', 'f: header, character 2: "{", should be the end of the header'],
    ['{', 'f: header, character 1: the end, should be a key in quotes'],
    ['{"a"}', 'f: header, character 4: "}", should be ":"'],
    ['{"a', 'f: header, character 1: "\\"", should be a key in quotes in valid JSON'],
    ['{"a\n":1}', 'f: header, character 1: "\\"", should be a key in quotes in valid JSON'],
    ['{"\\ud800":1}', 'f: header, character 1: "\\"", should be a key in quotes in valid Unicode'],
    [`{"a":${entry},}`, 'f: header, character 57: "}", should be a key in quotes'],
    [`{"a":${entry} "b":${entry}}`, 'f: header, character 57: "\\"", should be "," or "}"'],
    ['{"a":null}', 'f: header, character 5: "n", should be "{"'],
    ['{"a":{}}', 'f: tensor "a": must have dtype, shape and data_offsets'],
    ['{"a":{"dtype":"F32","shape":[]}}', 'f: tensor "a": must have dtype, shape and data_offsets'],
    ['{"a":{"dtype":3}}', 'f: header, character 14: "3", should be the name of a dtype in quotes'],
    [
      '{"a":{"strides":[1]}}',
      'f: header, character 16: "[", should be nothing: a tensor has dtype, shape and data_offsets, not "strides"',
    ],
    ['{"a":{"shape":[2,]}}', 'f: header, character 17: "]", should be a whole number from 0 to 2^53 - 1'],
    ['{"a":{"shape":[-1]}}', 'f: header, character 15: "-", should be a whole number from 0 to 2^53 - 1'],
    ['{"a":{"shape":[1.0]}}', 'f: header, character 16: ".", should be "," or "]"'],
    ['{"a":{"shape":[1e2]}}', 'f: header, character 16: "e", should be "," or "]"'],
    ['{"a":{"shape":[01]}}', 'f: header, character 15: "0", should be a whole number from 0 to 2^53 - 1'],
    ['{"a":{"shape":[9007199254740992]}}', 'f: header, character 15: "9", should be a whole number from 0 to 2^53 - 1'],
    ['{"a":{"shape":[[1]]}}', 'f: header, character 15: "[", should be a whole number from 0 to 2^53 - 1'],
    [
      '{"a":{"dtype":"F32","shape":[],"data_offsets":[4,0]}}',
      'f: tensor "a": data_offsets must be two whole numbers, the first not above the second',
    ],
    [
      '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4,8]}}',
      'f: tensor "a": data_offsets must be two whole numbers, the first not above the second',
    ],
    ['{"__metadata__":[]}', 'f: header, character 16: "[", should be "{"'],
    ['{"__metadata__":{"epoch":3}}', 'f: header, character 25: "3", should be metadata text in quotes'],
    [`{"a":${entry},"a":${entry}}`, 'f: the header has the key "a" twice in one object'],
    [`{"a":${entry},"\\u0061":${entry}}`, 'f: the header has the key "a" twice in one object'],
    ['{"a":{"dtype":"I32","dtype":"F32"}}', 'f: the header has the key "dtype" twice in one object'],
    ['{"__metadata__":{"k":"1","k":"2"}}', 'f: the header has the key "k" twice in one object'],
    ['{"__metadata__":{},"__metadata__":{}}', 'f: the header has the key "__metadata__" twice in one object'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(new InputError(message));
  });

  it('refuses what is not UTF-8', () => {
    expect(() => parseHeader(Uint8Array.of(0x7b, 0xff, 0x7d), 'f')).toThrow(
      new InputError('f: the header is not UTF-8 text'),
    );
  });

  it('stops at the first bracket too many, and answers in a short line', () => {
    const deep = `{"a":{"dtype":"F32","shape":${'['.repeat(1e6)}`;
    expect(() => parse(deep)).toThrow('f: header, character 29: "[", should be a whole number from 0 to 2^53 - 1');
    expect(() => parse(`{${JSON.stringify('x\n'.repeat(1e6))}:{}}`)).toThrow(
      /^f: tensor "[x\\n]{120}\.\.\.": must have [^\n]+$/,
    );
  });

  it('agrees with JSON.parse on what it accepts, after any change of a few characters', () => {
    const whole = `{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"__metadata__":{"a\\"":"b","c":""},"\\u0062":${entry}}`;
    const character = fc.oneof(fc.constantFrom(...'{}[]",:\\ 0129.-eu\n'), fc.string({ minLength: 1, maxLength: 1 }));
    const change = fc.record({
      at: fc.nat(whole.length),
      removed: fc.nat(2),
      inserted: fc.option(character, { nil: '' }),
    });
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(change, { maxLength: 2 }), (changes) => {
        let text = whole;
        for (const { at, removed, inserted } of changes) text = text.slice(0, at) + inserted + text.slice(at + removed);
        try {
          const { entries, metadata } = parse(text);
          accepted++;
          const header = Object.fromEntries(
            entries.map(({ name, dtype, shape, dataOffsets }) => [name, { dtype, shape, data_offsets: dataOffsets }]),
          );
          const expected = JSON.parse(text);
          expect({ __metadata__: metadata, ...header }).toEqual({ __metadata__: {}, ...expected });
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).message).toMatch(/^f: [^\n]+$/);
        }
      }),
      { numRuns: 3000 },
    );
    // Enough of the texts must be valid for the comparison to mean something.
    expect(accepted).toBeGreaterThan(300);
  });
});
