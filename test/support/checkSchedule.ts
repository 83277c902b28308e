import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  learningRateAt,
  type ScheduleName,
  type ScheduleOptions,
} from '../../src/models/training/schedules/catalogue.ts';

/** Learning rates of PyTorch, step by step: test/fixtures/training/schedules.py says its version. */
interface Fixture {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly learningRate: number;
  readonly cases: readonly {
    readonly schedule: ScheduleOptions & { readonly name: ScheduleName };
    readonly rates: readonly number[];
  }[];
}

/** Compares a schedule's learning rates with PyTorch's, in every case that was recorded. */
export function checkSchedule(name: ScheduleName): void {
  const { steps, stepsPerEpoch, learningRate, cases }: Fixture = JSON.parse(
    readFileSync('test/fixtures/training/schedules.json', 'utf8'),
  );
  test.each(cases.filter(({ schedule }) => schedule.name === name))(
    '$schedule gives the learning rates of PyTorch',
    ({ schedule: { name: schedule, ...parameters }, rates }) => {
      expect(rates).toHaveLength(steps);
      rates.forEach((expected, step) => {
        const moment = { step, steps, stepsPerEpoch, epochs: steps / stepsPerEpoch };
        const actual = learningRateAt({ schedule, ...parameters }, learningRate, moment);
        // Both are float64; PyTorch's cosine goes from step to step, which adds a few roundings of 1e-16 each.
        expect(Math.abs(actual - expected) / learningRate, `step ${step}`).toBeLessThan(1e-14);
      });
    },
  );
}
