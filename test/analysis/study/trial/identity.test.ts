import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, contentKeys, identity } from '../../../../src/analysis/study/trial/identity.ts';

test('canonical JSON sorts keys at every level and knows one zero', () => {
  expect(canonicalJson({ b: [1, { d: 2, c: 'x' }], a: -0 })).toBe('{"a":0,"b":[1,{"c":"x","d":2}]}');
});

test('canonical JSON is JSON of the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const sameZero = JSON.parse(JSON.stringify(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(sameZero);
    }),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, { a: undefined }])('%s has no identity', (value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
});

test("an identity is the start of OpenSSL's SHA-256 of the canonical text", async () => {
  const hash = createHash('sha256').update('{"a":1.5,"b":"ε"}').digest('hex');
  expect(await identity({ b: 'ε', a: 1.5 })).toBe(hash.slice(0, 24));
});

test('values have the same key where their canonical JSON is the same', () => {
  const shared = { name: 'pgd', eps: [0.1, 0.2] };
  const values = [
    { a: shared, b: 1 },
    { b: 1, a: { eps: [0.1, 0.2], name: 'pgd' } },
    { a: shared, b: '1' },
    { a: shared, b: -0 },
    { a: shared, b: 0 },
    { a: [shared], b: 1 },
    { a: { ...shared, eps: [0.2, 0.1] }, b: 1 },
    { a: '#0', b: 1 },
    ['#1'],
    null,
    [null],
    [],
    {},
  ];
  const keyOf = contentKeys();
  const keys = values.map((value) => keyOf(value));
  const texts = values.map(canonicalJson);
  for (const [i, key] of keys.entries())
    for (const [j, other] of keys.entries())
      expect(key === other, `${texts[i]} ${texts[j]}`).toBe(texts[i] === texts[j]);
});
