import { expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { explainFailure, SignalError } from '../../../src/cli/program/failure.ts';

test('a name as long as a file leaves its message readable: where it is, and what would be right', () => {
  const name = 'x'.repeat(6000);
  const { message, exitCode } = explainFailure(
    new InputError(`table.csv has no column "${name}"; it has: time`),
    false,
  );
  expect(exitCode).toBe(2);
  expect(message?.length).toBe(700 + ' … '.length + 250);
  expect(message).toMatch(/^outlast: table\.csv has no column "x+ … x+"; it has: time$/);
  const lines = explainFailure(new InputError(`two mistakes:\n${name}\nshort`), false).message?.split('\n');
  expect(lines?.map((line) => line.length)).toEqual(['outlast: two mistakes:'.length, 953, 5]);
});

test('with OUTLAST_DEBUG an error is told whole', () => {
  const { message } = explainFailure(new Error('y'.repeat(6000)), true);
  expect(message?.length).toBeGreaterThan(6000);
});

// Numbers of POSIX's signals, as bash tells them: 128 + 1, 2, 15.
test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('what %s ends exits with %d', (signal, exitCode) => {
  expect(explainFailure(new SignalError('interrupted', signal), false)).toEqual({
    exitCode,
    message: 'outlast: interrupted',
  });
});
