import { expect, test } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { trialCosts } from '../../../../src/analysis/study/run/cost.ts';
import { estimate, timeLeft } from '../../../../src/analysis/study/run/estimate.ts';
import { expand } from '../../../../src/analysis/study/trial/expand.ts';
import type { AttackTrial, FinishedTrial, TrainTrial } from '../../../../src/analysis/study/trial/trial.ts';
import { fakeStudyText } from '../../../support/fakeTrials.ts';

const trialsOf = (text: string) => expand(parseStudy(text, 'x').study);
const trials = trialsOf(fakeStudyText);
const costs = trialCosts();
const [shallow, , deep] = trials as TrainTrial[];
const attacks = trials.filter((trial): trial is AttackTrial => trial.kind === 'attack');

test('the work of a training grows with its epochs and images, that of an attack with its samples', () => {
  const training = (from: string, to: string) => costs.workOf(trialsOf(fakeStudyText.replace(from, to))[0]);
  const test = costs.workOf({ ...shallow, data: { ...shallow.data, train: 63 } });
  // 63 images make no batch of 64: what is left is measuring on the test images.
  expect(training('epochs: 4', 'epochs: 8') - test).toBeCloseTo(2 * (costs.workOf(shallow) - test), -3);
  expect(training('train: 6000', 'train: 12096') - test).toBeCloseTo((189 / 93) * (costs.workOf(shallow) - test), -3);
  const [fgm] = attacks;
  expect(costs.workOf({ ...fgm, samples: 300 })).toBeCloseTo(3 * costs.workOf(fgm), -3);
  expect(costs.workOf(deep)).toBeGreaterThan(1.5 * costs.workOf(shallow));
});

test('memory: parameters, their momentum and the images are the least that a training step holds', () => {
  const wide = { ...shallow, model: { ...shallow.model, width: 64 } } as TrainTrial;
  // torchvision's ResNet-18 has 11,689,512 parameters with 1000 classes and 3 channels; 10 classes take 507,870 less, 1 channel 6,272.
  const parameters = 4 * (11_689_512 - 990 * 513 - 2 * 64 * 49);
  const { bytes, largestBuffer } = costs.memoryOf(wide);
  expect(bytes).toBeGreaterThan(2 * parameters + 6000 * 784);
  expect(bytes).toBeLessThan(20 * parameters);
  // The largest convolution, 512 channels to 512.
  expect(largestBuffer).toBeGreaterThanOrEqual(4 * 512 * 512 * 9);
});

test('each kind of trial has the rate that was measured of it', () => {
  const expected = estimate([], costs);
  expect(expected.observed).toBe(0);
  const guess = expected.secondsOf(shallow);
  expected.observe({ trial: shallow, seconds: 10 });
  expect(expected.secondsOf(shallow)).toBeCloseTo(10);
  expect(expected.secondsOf(shallow)).not.toBe(guess);
  expect(expected.secondsOf(deep)).toBeCloseTo((10 * costs.workOf(deep)) / costs.workOf(shallow));
  const [fgm] = attacks;
  const pgd = attacks.find(({ attack }) => attack.name === 'pgd') as AttackTrial;
  expected.observe({ trial: fgm, seconds: 3 });
  expected.observe({ trial: { ...fgm, samples: 200 }, seconds: 3 });
  // Two trials of 100 and 200 samples in 6 s: 2 s for 100.
  expect(expected.secondsOf(fgm)).toBeCloseTo(2);
  // PGD was not observed: it has the rate of all.
  const all = costs.workOf(shallow) + 3 * costs.workOf(fgm);
  expect(expected.secondsOf(pgd)).toBeCloseTo((16 * costs.workOf(pgd)) / all);
  // Nor was f64, which is guessed to take twenty times f32.
  const double = { ...shallow, model: { ...shallow.model, precision: 'f64' } } as TrainTrial;
  expect(expected.secondsOf(double) / costs.workOf(double)).toBeCloseTo((20 * 10) / costs.workOf(shallow), 12);
});

test('the time left is that of what has not ended, shared by the workers', () => {
  const finished = (trial: TrainTrial | AttackTrial, seconds: number | null) => ({
    type: 'finished' as const,
    finished: { trial } as FinishedTrial,
    seconds,
  });
  const left = timeLeft([shallow, shallow, deep], estimate([], costs), 2);
  expect(left.seconds()).toBeNull();
  left.observe(finished(shallow, 10));
  expect(left.seconds()).toBeCloseTo((10 + (10 * costs.workOf(deep)) / costs.workOf(shallow)) / 2);
  // Another process's: it counts, but nobody knows how long it took.
  left.observe(finished(shallow, null));
  left.observe(finished(deep, 25));
  expect(left.seconds()).toBe(0);
});
