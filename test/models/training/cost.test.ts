import { expect, test } from 'vitest';
import { trainingCost } from '../../../src/models/training/cost.ts';

const spent = { seconds: 7200, gpuSeconds: 6000, flops: 1e15 };

test('two hours at 2.55 an hour and 300 watts', () => {
  expect(trainingCost(spent, 48_000, { pricePerHour: 2.55, watts: 300 })).toEqual({
    wallSeconds: 7200,
    gpuSeconds: 6000,
    flops: 1e15,
    secondsPerImage: 0.15,
    money: 5.1,
    joules: 2_160_000,
  });
});

test('what is not given is not known', () => {
  expect(trainingCost({ ...spent, gpuSeconds: null }, 100)).toMatchObject({
    gpuSeconds: null,
    money: null,
    joules: null,
  });
});
