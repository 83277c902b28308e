import { Command } from 'commander';
import { expect, test } from 'vitest';
import { choice, integer, number, type Parametrised, yesOrNo } from '../../../src/base/parameter.ts';
import { withParameterFlags } from '../../../src/cli/flags/parameterFlags.ts';

const things: readonly Parametrised[] = [
  {
    name: 'climb',
    parameters: {
      maxIter: integer({ from: 1, default: 10, about: 'steps' }),
      epsStep: number({ above: 0, optional: true, takes: 'distance', about: 'length of a step' }),
      nesterov: yesOrNo({ default: true, about: 'looks ahead' }),
    },
  },
  {
    name: 'walk',
    parameters: {
      maxIter: integer({ from: 0, default: 50, about: 'steps' }),
      norm: choice({ choices: ['inf', 2], default: 'inf', about: 'how distance is measured' }),
      centred: yesOrNo({ default: false, about: 'takes the mean off' }),
    },
  },
  { name: 'jump', parameters: { maxIter: integer({ from: 1, default: 10, about: 'tries' }) } },
];

const fresh = () => withParameterFlags(new Command('x').exitOverride().configureOutput({ writeErr: () => {} }), things);
const read = (...words: string[]) => fresh().parse(words, { from: 'user' }).opts();

test('what is given is read as its kind, and nothing else has a value', () => {
  expect(read()).toEqual({});
  expect(read('--max-iter', '1e2', '--eps-step', '8/255', '--norm', '2', '--centred')).toEqual({
    maxIter: 100,
    epsStep: 8 / 255,
    norm: 2,
    centred: true,
  });
  expect(read('--norm', 'inf', '--no-nesterov')).toEqual({ norm: 'inf', nesterov: false });
});

test('a value that nothing takes is refused where it stands', () => {
  expect(read('--max-iter', '0')).toEqual({ maxIter: 0 });
  expect(() => read('--max-iter', '-1')).toThrow('It must be a whole number from 0.');
  expect(() => read('--eps-step', 'far')).toThrow('It must be a number or a fraction such as 8/255.');
  expect(() => read('--norm', '3')).toThrow('Allowed choices are inf, 2.');
});

test('a flag says whose parameter it is, and what it is without it', () => {
  expect(fresh().helpInformation().replaceAll(/\s+/g, ' ')).toBe(
    'Usage: x [options] Options: ' +
      '--max-iter <count> steps (climb: 10; walk: 50); tries (jump: 10) ' +
      '--eps-step <distance> length of a step (climb) ' +
      '--no-nesterov not: looks ahead (climb: true) ' +
      '--norm <choice> how distance is measured (walk: inf) (choices: "inf", "2") ' +
      '--centred takes the mean off (walk: false) ' +
      '-h, --help display help for command ',
  );
});

test('a name that means two kinds of values is no flag', () => {
  const other = { name: 'fly', parameters: { maxIter: number({ about: 'hours' }) } };
  expect(() => withParameterFlags(new Command(), [...things, other])).toThrow(
    '--max-iter is integer of climb, but not of fly',
  );
});
