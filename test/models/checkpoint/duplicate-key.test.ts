import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateKey } from '../../../src/models/checkpoint/duplicate-key.ts';

describe('duplicateKey', () => {
  it.each([
    ['{"a": 1, "b": 2, "a": 3}', 'a'],
    ['{"a": {"b": 1, "b": 2}}', 'b'],
    ['{"a": [1, {"c": 0, "c": 0}]}', 'c'],
    ['{"a": {"x": []}, "b": [{}], "a": 0}', 'a'],
    ['{"a": 1, "\\u0061": 2}', 'a'],
    ['{"q\\"\\\\": 1, "q\\"\\\\": 2}', 'q"\\'],
    ['{"__proto__": 1, "__proto__": 2}', '__proto__'],
    ['{"": 1, "": 2}', ''],
  ])('finds the one in %s', (json, key) => {
    JSON.parse(json);
    expect(duplicateKey(json)).toBe(key);
  });

  it.each([
    '{"a": "a", "b": "a"}',
    '{"a": ["a", "a"]}',
    '{"a": {"a": {"a": 1}}}',
    '[{"a": 1}, {"a": 1}]',
    '{"a": "{\\"b\\":1,\\"b\\":2}", "b": 3}',
    '"a"',
    ' { } ',
  ])('finds none in %s', (json) => {
    JSON.parse(json);
    expect(duplicateKey(json)).toBe(null);
  });

  it('finds none in what JSON.stringify writes, and the one put into it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.boolean(), (object, indented) => {
        const json = JSON.stringify(object, null, indented ? 2 : 0);
        expect(duplicateKey(json)).toBe(null);
        const key = Object.keys(object)[0];
        expect(duplicateKey(`${json.slice(0, -1)},${JSON.stringify(key)}:0}`)).toBe(key);
      }),
      { numRuns: 500 },
    );
  });
});
