import { expect, test } from 'vitest';
import { compareRuns } from '../../../../src/analysis/report/comparison/compare.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import type { FinishedTrial } from '../../../../src/analysis/study/trial/trial.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { fakeStudyText, fakeTrials } from '../../../support/fakeTrials.ts';

const { study } = parseStudy(fakeStudyText, 'fake.yaml');
const finished = await fakeTrials(study);
const run = (name: string, trials: readonly FinishedTrial[] = finished) => ({ name, study, finished: trials });

/** The trials with attacks that took `factor` times as long, and trainings `cost` times. */
const slowed = (factor: number, cost: number): FinishedTrial[] =>
  finished.map((trial) => {
    const { result } = trial;
    if (result.kind === 'train') return { ...trial, result: { ...result, trainSeconds: cost * result.trainSeconds } };
    const records = result.records.map((record) => ({
      ...record,
      cost: { ...record.cost, seconds: factor * record.cost.seconds },
    }));
    return { ...trial, result: { ...result, records } };
  });

test('a run against itself: no difference anywhere', () => {
  const { common, accuracy, survival, trash, trials } = compareRuns([run('a'), run('b')]);
  expect(common).toBe(48);
  expect(accuracy).toEqual([null, { estimate: 0, lower: 0, upper: 0, p: 1 }]);
  expect(survival[0]).toBeNull();
  // Newton's method ends near 1e-10.
  expect(survival[1]!.estimate).toBeCloseTo(1, 9);
  expect(trash).toHaveLength(6);
  for (const { ratio } of trash) expect(ratio[1]!.estimate).toBeCloseTo(1, 12);
  for (const { difference } of trials) expect(difference[1]!.estimate).toBe(0);
});

test('times three times as long and trainings six times as dear: time ratio 3, TRASH twice', () => {
  const { survival, trash } = compareRuns([run('a'), run('b', slowed(3, 6))]);
  expect(survival[1]!.estimate).toBeCloseTo(3, 8);
  // Image by image the same factor: no uncertainty remains.
  expect(survival[1]!.upper / survival[1]!.lower).toBeCloseTo(1, 6);
  for (const { ratio, scores } of trash) {
    expect(ratio[1]!.estimate).toBeCloseTo(2, 8);
    expect(scores[1]!.value! / scores[0]!.value!).toBeCloseTo(2, 8);
    expect(ratio[1]!.lower).toBeLessThan(2);
    expect(ratio[1]!.upper).toBeGreaterThan(2);
  }
});

test('five of 100 images more that hold: five points, with the interval of 100 paired differences', () => {
  const index = finished.findIndex(
    ({ result }) => result.kind === 'attack' && result.records.filter((r) => r.success).length >= 5,
  );
  let left = 5;
  const changed = finished.map((trial, k): FinishedTrial => {
    const { result } = trial;
    if (k !== index || result.kind !== 'attack') return trial;
    const records = result.records.map((record) =>
      record.success && left-- > 0 ? { ...record, success: false } : record,
    );
    return { ...trial, result: { ...result, records } };
  });
  const { trials } = compareRuns([run('a'), run('b', changed)]);
  const told = trials.find(({ id }) => id === finished[index].id)!.difference[1]!;
  expect(told.estimate).toBeCloseTo(0.05, 14);
  // Mean 0.05 of 0 and 1: variance 0.05 · 0.95 / 100.
  const margin = 1.959963984540054 * Math.sqrt((0.05 * 0.95) / 100);
  expect(told.lower).toBeCloseTo(0.05 - margin, 12);
  expect(told.upper).toBeCloseTo(0.05 + margin, 12);
});

/** The attacks on images of the test set, sample k of each on the k-th; records of some samples only, numbered from 0 again. */
const attackedImages = (images: readonly number[], samples: readonly number[], trials = finished): FinishedTrial[] =>
  trials.map((trial): FinishedTrial => {
    const { result } = trial;
    if (result.kind !== 'attack') return trial;
    const records = samples.map((sample, k) => ({ ...result.records[sample], sample: k }));
    return { ...trial, result: { ...result, images, records } };
  });
const hundred = Array.from({ length: 100 }, (_, k) => k);

test('an image is compared with itself, whichever sample it is in a run', () => {
  const whole = run('a', attackedImages(hundred, hundred));
  // Images 41 and 7 alone, with what was recorded of them in the other run.
  const few = run('b', attackedImages([41, 7], [41, 7]));
  const { accuracy, survival } = compareRuns([whole, few]);
  expect(accuracy[1]).toEqual({ estimate: 0, lower: 0, upper: 0, p: 1 });
  expect(survival[1]).toEqual({ estimate: 1, lower: 1, upper: 1, p: 1 });
});

test('one image that was broken otherwise gives a difference without limits', () => {
  const other = slowed(1, 1).map((trial): FinishedTrial => {
    const { result } = trial;
    if (result.kind !== 'attack') return trial;
    const records = result.records.map((one) => ({ ...one, cost: { ...one.cost, queries: 3, seconds: 5, flops: 5 } }));
    return { ...trial, result: { ...result, records } };
  });
  const sample = hundred.find((k) =>
    finished.every(({ result }) => result.kind === 'train' || !result.records[k].misclassifiedBefore),
  )!;
  const runs = [run('a', attackedImages([0], [sample])), run('b', attackedImages([0], [sample], other))];
  const { survival } = compareRuns(runs);
  expect(survival[1]!.estimate).toBeGreaterThan(0);
  for (const figure of ['lower', 'upper', 'p'] as const) expect(survival[1]![figure]).toBe(Number.NaN);
});

test('runs that attacked other images differ by two independent shares', () => {
  const other = attackedImages(
    hundred.map((k) => 1000 + k),
    hundred,
  );
  const { trials, survival } = compareRuns([run('a', attackedImages(hundred, hundred)), run('b', other)]);
  expect(survival[1]!.upper).toBeGreaterThan(1.01);
  for (const { accuracy, difference } of trials) {
    const [share] = accuracy;
    const told = difference[1]!;
    expect(told.estimate).toBe(0);
    // The variance of a difference of two independent shares: p (1 - p) / n of each.
    expect(told.upper).toBeCloseTo(1.959963984540054 * Math.sqrt((2 * share * (1 - share)) / 100), 12);
  }
});

test('runs that share nothing, or a single one, are refused', () => {
  expect(() => compareRuns([run('a')])).toThrow(InputError);
  expect(() => compareRuns([run('a'), run('b', finished.slice(0, 4))])).toThrow(/no attack is in all of a, b/);
});

test('seconds are calibrated where both runs are, so that what the wall showed changes nothing; two kinds are not compared', () => {
  const reference = [1, 1, 1, 1, 1, 1];
  /** All trials as if they ran 10 of one executable, which takes `seconds` of the small network's; the wall shows `wall` times as much. */
  const calibrated = (seconds: number, wall: number, clock: 'processor' | 'wall' = 'processor') =>
    slowed(wall, 1).map((trial): FinishedTrial => {
      const { result } = trial;
      const calibration = (name: string) => ({
        clock,
        executables: { [name]: { times: reference.map(() => seconds), reference } },
      });
      return result.kind === 'train'
        ? { ...trial, result: { ...result, trainSteps: 10, calibration: calibration('batch of training') } }
        : {
            ...trial,
            result: {
              ...result,
              executables: ['step'],
              // Counts that differ, or the runs would be the same.
              records: result.records.map((record) => ({
                ...record,
                cost: { ...record.cost, queries: seconds },
                runs: [10],
              })),
              calibration: calibration('step'),
            },
          };
    });
  const [first, second] = [run('a', calibrated(1, 1)), run('b', calibrated(2, 7))];
  const told = compareRuns([first, second]).survival[1]!;
  expect(told.estimate).toBeCloseTo(2, 8);
  expect(compareRuns([first, run('c', calibrated(2, 7, 'wall'))]).survival[1]).toBeNull();
});
