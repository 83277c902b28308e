import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { checkSchedule, learningRateAt, type Schedule } from '../../../src/models/training/schedules.ts';

interface Fixture {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly learningRate: number;
  readonly cases: readonly { readonly schedule: Schedule; readonly rates: readonly number[] }[];
}

const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/training/schedules.json', 'utf8'));

test.each(fixture.cases)('$schedule gives the learning rates of PyTorch', ({ schedule, rates }) => {
  const { steps, stepsPerEpoch, learningRate } = fixture;
  expect(rates).toHaveLength(steps);
  rates.forEach((expected, step) => {
    const actual = learningRateAt(schedule, learningRate, { step, steps, stepsPerEpoch });
    // Both are float64; PyTorch's cosine goes from step to step, which adds a few roundings of 1e-16 each.
    expect(Math.abs(actual - expected) / learningRate, `step ${step}`).toBeLessThan(1e-14);
  });
});

// With ten steps the warm-up of a tenth is exactly the first one.
test.each([1, 2, 3, 10])('one cycle of %i steps has finite rates above 0 up to the peak', (steps) => {
  for (let step = 0; step < steps; step++) {
    const rate = learningRateAt({ name: 'one-cycle', warmup: 0.1 }, 1, { step, steps, stepsPerEpoch: 1 });
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThanOrEqual(1);
  }
});

describe('refuses', () => {
  test.each<[Schedule, string]>([
    [
      { name: 'step', stepSize: 0, gamma: 0.1 },
      'training: the step size of the schedule step is 0; it must be a whole number of epochs from 1',
    ],
    [
      { name: 'step', stepSize: 1, gamma: 2 },
      'training: gamma of the schedule step is 2; it must be above 0 and at most 1',
    ],
    [
      { name: 'one-cycle', warmup: 1 },
      'training: the warm-up of the schedule one-cycle is 1; it must be a share of the training, from 0 to below 1',
    ],
    [
      { name: 'one-cycle', divFactor: 0.5 },
      'training: the first divisor of the schedule one-cycle is 0.5; it must be at least 1',
    ],
  ])('%o', (schedule, message) => {
    expect(() => checkSchedule(schedule)).toThrow(new InputError(message));
  });

  test('nothing that is right', () => {
    for (const { schedule } of fixture.cases) expect(() => checkSchedule(schedule)).not.toThrow();
  });
});
