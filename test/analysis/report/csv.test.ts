import { expect, test } from 'vitest';
import { csv } from '../../../src/analysis/report/csv.ts';

test('RFC 4180: CRLF, doubled quotes, quoted commas and line breaks; missing values are empty', () => {
  const text = csv([
    { name: 'a,b', value: 0.1, hit: true, note: null },
    { name: 'say "x"\n', value: Number.NaN, hit: false, note: 'é' },
  ]);
  expect(text).toBe('name,value,hit,note\r\n"a,b",0.1,1,\r\n"say ""x""\n",,0,é\r\n');
});

test('no rows, no text', () => {
  expect(csv([])).toBe('');
});
