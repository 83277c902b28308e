import { describe, expect, expectTypeOf, test } from 'vitest';
import { InputError } from '../../src/base/errors.ts';
import {
  accepts,
  choice,
  complete,
  flagCase,
  type GivenOf,
  integer,
  number,
  type Parameter,
  rangeText,
  snakeCase,
  type ValuesOf,
  yesOrNo,
} from '../../src/base/parameter.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 10, about: 'steps' }),
  prob: number({ above: 0, to: 1, about: 'share of the pixels' }),
  norm: choice({ choices: [1, 2], default: 2, about: 'how distance is measured' }),
  augmentation: yesOrNo({ default: true, about: 'whether the model is trained with the noise' }),
};

describe('ranges', () => {
  const cases: [parameter: Parameter, range: string, inside: unknown[], outside: unknown[]][] = [
    [parameters.maxIter, 'a whole number from 1', [1, 1e9], [0, 1.5, '1', Number.NaN, Number.POSITIVE_INFINITY]],
    [integer({ from: 1, to: 100, about: '' }), 'a whole number from 1 to 100', [1, 100], [0, 101]],
    [parameters.prob, 'above 0 and at most 1', [1e-9, 1], [0, 1.1, Number.NaN, '0.5', true]],
    [number({ from: 0, below: 1, about: '' }), 'at least 0 and below 1', [0, 0.999], [-1e-9, 1]],
    [number({ about: '' }), 'a number', [-3, 1e300], [Number.POSITIVE_INFINITY]],
    [parameters.norm, '1 or 2', [1, 2], [0, '2']],
    [choice({ choices: ['a', 'b', 'c'], about: '' }), 'a, b or c', ['b'], ['d', 1]],
    [parameters.augmentation, 'true or false', [true, false], [0, 'true']],
  ];

  test.each(cases)('%o is $1', (parameter, range, inside, outside) => {
    expect(rangeText(parameter)).toBe(range);
    for (const value of inside) expect(accepts(parameter, value), String(value)).toBe(true);
    for (const value of outside) expect(accepts(parameter, value), String(value)).toBe(false);
  });
});

test('defaults stand for what is not given', () => {
  expect(complete('a-defence', parameters, { prob: 0.3, norm: 1 })).toEqual({
    maxIter: 10,
    prob: 0.3,
    norm: 1,
    augmentation: true,
  });
});

test('what is wrong or missing is named as the reader wrote it', () => {
  expect(() => complete('a-defence', parameters, { prob: 0.3, maxIter: 0 })).toThrow(
    new InputError('a-defence: max_iter is 0; it must be a whole number from 1'),
  );
  expect(() => complete('a-defence', parameters, { prob: 0.3, maxIter: 0 }, flagCase)).toThrow('--max-iter is 0');
  expect(() => complete('a-defence', parameters, {})).toThrow('prob is missing; it is above 0 and at most 1');
});

test('what a thing does not take is refused with what it takes', () => {
  const given = { prob: 0.3, decay: 1, th: 2, left: undefined };
  expect(() => complete('a-defence', parameters, given)).toThrow(
    new InputError('a-defence takes no decay and no th; it takes max_iter, prob, norm and augmentation'),
  );
  expect(() => complete('none', {}, { th: 2 } as object, flagCase)).toThrow('none takes no --th; it takes nothing');
});

test('an optional parameter may have no value', () => {
  const optional = { beta: number({ above: 0, optional: true, about: 'weight' }) };
  expect(complete('trades', optional, {})).toEqual({});
  expect(complete('trades', optional, { beta: 6 })).toEqual({ beta: 6 });
  expectTypeOf<ValuesOf<typeof optional>>().toEqualTypeOf<{ readonly beta?: number }>();
});

test('names in files and flags', () => {
  expect(['nbGrads', 'th', 'epsStep'].map(snakeCase)).toEqual(['nb_grads', 'th', 'eps_step']);
  expect(flagCase('numRandomInit')).toBe('--num-random-init');
});

test('types follow from the parameters', () => {
  expectTypeOf<ValuesOf<typeof parameters>>().toEqualTypeOf<{
    readonly maxIter: number;
    readonly prob: number;
    readonly norm: 1 | 2;
    readonly augmentation: boolean;
  }>();
  // Only what has no default must be given.
  expectTypeOf<{ prob: number }>().toExtend<GivenOf<typeof parameters>>();
  expectTypeOf<{ maxIter: number }>().not.toExtend<GivenOf<typeof parameters>>();
  // @ts-expect-error 3 is no norm
  expect(() => complete('a-defence', parameters, { prob: 1, norm: 3 })).toThrow('norm is 3; it must be 1 or 2');
});
