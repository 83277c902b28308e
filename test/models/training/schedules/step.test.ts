import { expect, test } from 'vitest';
import { learningRateAt } from '../../../../src/models/training/schedules/catalogue.ts';
import { checkSchedule } from '../../../support/checkSchedule.ts';

checkSchedule('step');

test('a step schedule that is not told when to fall falls twice', () => {
  const rates = Array.from({ length: 7 }, (_, step) =>
    learningRateAt({ schedule: 'step', gamma: 0.5 }, 8, { step, steps: 7, stepsPerEpoch: 1, epochs: 7 }),
  );
  expect(rates).toEqual([8, 8, 8, 4, 4, 4, 2]);
});
