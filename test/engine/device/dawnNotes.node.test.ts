import { expect, test } from 'vitest';
import { outputOf } from '../../support/runProgram.ts';

const note = (which: string) =>
  new RegExp(`^Warning: maxDynamic${which}BuffersPerPipelineLayout artificially reduced from \\d+ to \\d+ `, 'm');

test("Dawn's two lines at the start are left out, and nothing else that is written to standard error", async () => {
  const { stderr } = await outputOf('test/support/programs/stderr.ts', { OUTLAST_DEBUG: '' });
  // The last line is the note itself, written where nothing is left out.
  expect(stderr.split('\n')).toEqual([
    '[opened]',
    'Error: the driver is broken',
    'Warning: maxDynamic[returned 7]',
    'before the failure',
    '[failed]',
    expect.stringMatching(note('Uniform')),
    '',
  ]);
});

test('with OUTLAST_DEBUG all is shown as Dawn writes it', async () => {
  const { stderr } = await outputOf('test/support/programs/stderr.ts', { OUTLAST_DEBUG: '1' });
  const [before] = stderr.split('[opened]');
  // What a driver allows decides whether Dawn has anything to tell; lavapipe and SwiftShader both allow more than it numbers.
  expect(before).toMatch(note('Uniform'));
  expect(before).toMatch(note('Storage'));
});
