import { expect, test } from 'vitest';
import { learningRateAt } from '../../../../src/models/training/schedules/catalogue.ts';
import { checkSchedule } from '../../../support/checkSchedule.ts';

checkSchedule('one-cycle');

// With ten steps the warm-up of a tenth is exactly the first one.
test.each([1, 2, 3, 10])('one cycle of %i steps has finite rates above 0 up to the peak', (steps) => {
  for (let step = 0; step < steps; step++) {
    const moment = { step, steps, stepsPerEpoch: 1, epochs: steps };
    const rate = learningRateAt({ schedule: 'one-cycle', warmup: 0.1 }, 1, moment);
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThanOrEqual(1);
  }
});
