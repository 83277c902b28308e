import { expect, test } from 'vitest';
import { InputError, printable } from '../../src/base/errors.ts';

// ECMA-48: ESC [ begins a command to a terminal, U+009B is the same in one character; Unicode's U+202E turns the direction of what follows.
test.each([
  ['a\u001b[31mred', 'a\\u001b[31mred'],
  ['\u009b2J', '\\u009b2J'],
  ['gnp.\u202Eexe', 'gnp.\\u202eexe'],
  ['one\u2028two\rthree\u0000', 'one\\u2028two\\u000dthree\\u0000'],
  ['2 mistakes:\n  über, 漢字, 😀', '2 mistakes:\n  über, 漢字, 😀'],
])('%j is printed as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('what an InputError quotes of a file cannot steer a terminal', () => {
  const cause = new Error('inner');
  const error = new InputError('a.csv: column "\u001b]0;x\u0007" is unknown', { cause });
  expect([error.message, error.cause]).toEqual(['a.csv: column "\\u001b]0;x\\u0007" is unknown', cause]);
});
