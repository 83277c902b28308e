import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  learningRateAt,
  type ScheduleName,
  type ScheduleOptions,
} from '../../../../src/models/training/schedules/catalogue.ts';

interface Fixture {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly learningRate: number;
  readonly cases: readonly {
    readonly schedule: ScheduleOptions & { readonly name: ScheduleName };
    readonly rates: readonly number[];
  }[];
}

const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/training/schedules.json', 'utf8'));

test.each(fixture.cases)(
  '$schedule gives the learning rates of PyTorch',
  ({ schedule: { name, ...parameters }, rates }) => {
    const { steps, stepsPerEpoch, learningRate } = fixture;
    expect(rates).toHaveLength(steps);
    rates.forEach((expected, step) => {
      const moment = { step, steps, stepsPerEpoch, epochs: steps / stepsPerEpoch };
      const actual = learningRateAt({ schedule: name, ...parameters }, learningRate, moment);
      // Both are float64; PyTorch's cosine goes from step to step, which adds a few roundings of 1e-16 each.
      expect(Math.abs(actual - expected) / learningRate, `step ${step}`).toBeLessThan(1e-14);
    });
  },
);

// With ten steps the warm-up of a tenth is exactly the first one.
test.each([1, 2, 3, 10])('one cycle of %i steps has finite rates above 0 up to the peak', (steps) => {
  for (let step = 0; step < steps; step++) {
    const moment = { step, steps, stepsPerEpoch: 1, epochs: steps };
    const rate = learningRateAt({ schedule: 'one-cycle', warmup: 0.1 }, 1, moment);
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThanOrEqual(1);
  }
});

test('a step schedule that is not told when to fall falls twice', () => {
  const rates = Array.from({ length: 7 }, (_, step) =>
    learningRateAt({ schedule: 'step', gamma: 0.5 }, 8, { step, steps: 7, stepsPerEpoch: 1, epochs: 7 }),
  );
  expect(rates).toEqual([8, 8, 8, 4, 4, 4, 2]);
});
