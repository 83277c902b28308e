import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  DEFENCES,
  type DefenceSpec,
  defenceLabels,
  defenceNamed,
  defenceOf,
  trainingDefence,
} from '../../../../src/analysis/robustness/defences/catalogue.ts';
import { defineDefence } from '../../../../src/analysis/robustness/defences/defineDefence.ts';
import { featureSqueezing } from '../../../../src/analysis/robustness/defences/featureSqueezing.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { number } from '../../../../src/base/parameter.ts';

test('every defence has a name and a title of its own, and is found by its name', () => {
  const names = DEFENCES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(DEFENCES.map(({ title }) => title)).size).toBe(names.length);
  for (const defence of DEFENCES) expect(defenceNamed(defence.name)).toBe(defence);
  expect(defenceNamed('prayer')).toBeUndefined();
  expect(defenceNamed('toString')).toBeUndefined();
});

test('a defence is made from what a trial holds of it', () => {
  const spec: DefenceSpec = { name: 'gaussian-noise', scale: 0.1 };
  expect(defenceOf(spec)).toMatchObject({ name: 'gaussian-noise', random: true, probabilities: true });
  expect(defenceOf({ name: 'label-smoothing', alpha: 0.2 })).toMatchObject({ labelSmoothing: 0.2 });
  expect(() => defenceOf({ name: 'jpeg-compression', quality: 0 })).toThrow(
    new InputError('jpeg-compression: quality is 0; it must be a whole number from 1 to 100'),
  );
});

test('only what changes the training has a training of its own', () => {
  const none = { name: 'none' };
  const noise: DefenceSpec = { name: 'gaussian-augmentation', sigma: 0.25, ratio: 0.5 };
  const smoothing = { name: 'randomised-smoothing', sigma: 0.25, copies: 10, n0: 100, n: 1000, alpha: 0.001 } as const;
  expect(trainingDefence(noise)).toEqual(noise);
  expect(trainingDefence({ name: 'feature-squeezing', bitDepth: 4 })).toEqual(none);
  expect(trainingDefence({ ...smoothing, augmentation: false })).toEqual(none);
  expect(trainingDefence({ ...smoothing, augmentation: true })).toEqual({ ...noise, ratio: 1 });
});

describe('labels', () => {
  test('tell parameters by the names of study files', () => {
    expect(defenceLabels({ name: 'none' })).toEqual({});
    expect(defenceLabels({ name: 'feature-squeezing', bitDepth: 4 })).toEqual({ bitDepth: 'bit_depth 4' });
  });

  test('are shorter where a defence has words of its own', () => {
    const options = { method: 'madry', norm: 'inf', eps: 8 / 255, epsStep: 2 / 255, maxIter: 7, epsWarmup: 0 } as const;
    expect(Object.values(defenceLabels({ name: 'adversarial-training', ...options }))).toEqual([
      ...['madry', 'norm inf', 'eps 0.03137', 'eps_step eps/4', 'max_iter 7', 'eps_warmup 0', 'no beta'],
    ]);
  });
});

test('a definition checks its parameters before anything is made of them', () => {
  const halved = defineDefence({
    name: 'halved',
    title: 'Halved',
    about: 'nothing that exists',
    acts: 'prediction',
    differentiable: true,
    random: false,
    parameters: {
      high: number({ above: 0, about: 'the larger' }),
      low: number({ from: 0, optional: true, about: 'the smaller; half of high unless given' }),
    },
    mistakeOf: ({ high, low = 0 }) =>
      low < high ? undefined : { name: 'low', message: `low is ${low}; it must be below high` },
    derive: ({ high, low = high / 2 }) => ({ high, low }),
    create: ({ high, low }) => ({ copies: high / low }),
  });
  expect(halved.specOf({ high: 4 })).toEqual({ name: 'halved', high: 4, low: 2 });
  expect(halved.make({ high: 4, low: 1 })).toEqual({ name: 'halved', differentiable: true, random: false, copies: 4 });
  expect(() => halved.make({ high: -1 })).toThrow(new InputError('halved: high is -1; it must be above 0'));
  expect(() => halved.specOf({ high: 1, low: 2 })).toThrow(new InputError('halved: low is 2; it must be below high'));
});

test('wrong parameters are errors of type', () => {
  expectTypeOf(featureSqueezing.specOf).returns.toEqualTypeOf<{
    readonly name: 'feature-squeezing';
    readonly bitDepth: number;
  }>();
  expectTypeOf<{ name: 'feature-squeezing'; bits: 4 }>().not.toExtend<DefenceSpec>();
  expectTypeOf<{ name: 'spatial-smoothing'; windowSize: 4 }>().not.toExtend<DefenceSpec>();
  expectTypeOf<{ name: 'spatial-smoothing'; windowSize: 5 }>().toExtend<DefenceSpec>();
});
