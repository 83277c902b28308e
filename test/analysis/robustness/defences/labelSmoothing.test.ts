import { expect, test } from 'vitest';
import { labelSmoothing } from '../../../../src/analysis/robustness/defences/labelSmoothing.ts';
import { InputError } from '../../../../src/base/errors.ts';

test('is described for training and for attacks', () => {
  const expected = { labelSmoothing: 0.1, differentiable: true, random: false };
  expect(labelSmoothing.acts).toBe('training');
  expect(labelSmoothing.make({ alpha: 0.1 })).toMatchObject(expected);
});

test.each([0, 1, -0.1, Number.NaN])('refuses an alpha of %d', (alpha) => {
  expect(() => labelSmoothing.make({ alpha })).toThrow(
    new InputError(`label-smoothing: alpha is ${alpha}; it must be above 0 and below 1`),
  );
});
