import { expect, test } from 'vitest';
import { z } from 'zod';
import { parameterFields } from '../../../../src/analysis/study/file/parameterFields.ts';
import { choice, integer, number, yesOrNo } from '../../../../src/base/parameter.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 10, about: 'steps' }),
  levels: integer({ from: 1, to: 64, axis: true, about: 'levels of a pixel' }),
  share: number({ above: 0, to: 1, axis: true, default: 0.5, about: 'share of the images' }),
  epsStep: number({ above: 0, to: 1, fraction: true, optional: true, about: 'length of a step' }),
  norm: choice({ choices: [1, 2], default: 2, about: 'how distance is measured' }),
  metric: choice({ choices: ['inf', '2'], default: 'inf', about: 'norm as a word' }),
  es: choice({ choices: ['de', 'cma-es'], default: 'de', about: 'evolution strategy' }),
  noise: yesOrNo({ default: true, about: 'whether it is trained with noise' }),
};
const fields = parameterFields(parameters, { maxIter: 7 });
const schema = z.strictObject(fields);

test('a file says what it changes: defaults for the rest, lists for axes', () => {
  expect(schema.parse({ levels: 4 })).toEqual({
    ...{ max_iter: 7, levels: [4], share: [0.5], norm: 2, metric: 'inf', es: 'de', noise: true },
  });
  expect(
    schema.parse({ levels: [1, 64], share: 1, eps_step: '8/255', max_iter: 1, norm: 1, metric: 2, noise: false }),
  ).toEqual({
    ...{ max_iter: 1, levels: [1, 64], share: [1], eps_step: 8 / 255, norm: 1, metric: '2', es: 'de', noise: false },
  });
});

test.each([
  ['levels', undefined],
  ['levels', 65],
  ['levels', [4, 4]],
  ['max_iter', 0],
  ['max_iter', 1.5],
  ['share', 0],
  ['share', [0.5, 2]],
  ['norm', '2'],
  ['norm', 3],
  ['metric', 1],
  ['es', 'ga'],
  ['noise', 'yes'],
] as const)('%s: %j is refused', (name, value) => {
  const { success, error } = schema.safeParse({ levels: 4, [name]: value });
  expect(success).toBe(false);
  expect(error?.issues[0].path[0]).toBe(name);
});

test('a fraction out of range says what it must be', () => {
  const { error } = schema.safeParse({ levels: 4, eps_step: '9/8' });
  expect(error?.issues[0].message).toBe('1.125 is out of range; it must be above 0 and at most 1');
});

test('each field has its description', () => {
  expect(fields.max_iter.description).toBe('Steps.');
  expect(fields.eps_step.description).toBe('Length of a step.');
});
