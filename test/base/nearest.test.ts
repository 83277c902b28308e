import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../src/base/nearest.ts';

test('edit distances of textbook pairs', () => {
  // Wagner & Fischer's and Levenshtein's standard examples.
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('saturday', 'sunday')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
});

test('edit distance is a metric', () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});

test('the nearest candidate; dashes and underscores are the same', () => {
  expect(nearest('epoch', ['name', 'epochs', 'eps'])).toBe('epochs');
  expect(nearest('feature_squeezing', ['none', 'feature-squeezing'])).toBe('feature-squeezing');
});
