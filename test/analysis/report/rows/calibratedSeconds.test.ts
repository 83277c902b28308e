import { expect, test } from 'vitest';
import { calibratedSeconds } from '../../../../src/analysis/report/rows/calibratedSeconds.ts';
import type { FinishedAttack, FinishedTraining } from '../../../../src/analysis/report/rows/finished.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { planTrials } from '../../../../src/analysis/study/run/run.ts';
import type { Calibration, FinishedTrial, TrialRecord } from '../../../../src/analysis/study/trial/trial.ts';
import { fakeAdapter, fakeResult } from '../../../support/fakeTrials.ts';

const { study } = parseStudy(
  `name: two
data: { name: mnist, train: 100, test: 100 }
models: { depth: 18 }
training: { epochs: 3, batch_size: 10, learning_rate: 0.1 }
control: false
attacks: [{ name: pgd, eps: [0.1, 0.2] }]
samples: 10
`,
  'two.yaml',
);

/** A training, and two attacks on it that run the same executables. */
async function trials(machines: readonly string[] = ['a', 'a', 'a']) {
  const finished = (await planTrials(study)).map(
    ({ id, trial }, i): FinishedTrial => ({
      id,
      trial,
      result: fakeResult(trial),
      adapter: fakeAdapter,
      machine: machines[i],
      finishedAt: '2025-01-01T00:00:00.000Z',
    }),
  );
  return finished as [FinishedTraining, FinishedAttack, FinishedAttack];
}

/** Six rounds in which the reference takes 0.1 s, times a mood, and others in proportion, times noise that leaves their median. */
function rounds(mood: number, ratios: Readonly<Record<string, number>>, noise = 1): Calibration {
  const spread = [1 / noise, 1 / noise, 1, 1, noise, noise];
  const executables = Object.fromEntries(
    Object.entries(ratios).map(([name, ratio]) => [
      name,
      { times: spread.map((each) => 0.1 * mood * ratio * each), reference: spread.map(() => 0.1 * mood) },
    ]),
  );
  return { clock: 'wall', executables };
}

const steps = (finished: FinishedTraining, trainSteps: number, calibration?: Calibration): FinishedTraining => ({
  ...finished,
  result: { ...finished.result, trainSteps, ...(calibration && { calibration }) },
});

const runs = (finished: FinishedAttack, perImage: readonly number[], calibration?: Calibration): FinishedAttack => ({
  ...finished,
  result: {
    ...finished.result,
    executables: ['step', 'last step'],
    records: finished.result.records.map((record): TrialRecord => ({ ...record, runs: perImage })),
    ...(calibration && { calibration }),
  },
});

test('seconds are counts times calibrated times, whatever mood the machine was in when each was timed', async () => {
  const [training, first, second] = await trials();
  // The second attack ran what the first had timed: it brings nothing of its own.
  const trained = steps(training, 30, rounds(1, { 'batch of training': 4 }));
  const attacked = runs(first, [0.5, 0.1], rounds(3, { step: 2, 'last step': 1 }));
  const again = runs(second, [0, 0.2]);
  const quiet = calibratedSeconds([trained, attacked, again]);
  // Of the reference's eighteen times, six are beside the training's batch and twelve beside the attack's two executables.
  const level = 0.3;
  expect(quiet.trainingSeconds(trained)).toBeCloseTo(30 * 4 * level, 10);
  expect(quiet.sampleSeconds(attacked, attacked.result.records[0])).toBeCloseTo((0.5 * 2 + 0.1) * level, 12);
  expect(quiet.sampleSeconds(again, again.result.records[0])).toBeCloseTo(0.2 * level, 12);
  expect(quiet.logVariance(trained, [attacked, again])).toBeCloseTo(0, 20);
});

test('rounds of all trials that ran an executable are joined, and their spread is the variance of a ratio', async () => {
  const [training, first, second] = await trials();
  const trained = steps(training, 30, rounds(1, { 'batch of training': 4 }, 1.1));
  const attacked = runs(first, [0.5, 0.1], rounds(1, { step: 2, 'last step': 1 }, 1.2));
  const again = runs(second, [0.5, 0.1], rounds(1, { step: 2, 'last step': 1 }, 1.2));
  const seconds = calibratedSeconds([trained, attacked, again]);
  // Six values: from the least to the largest. Twelve: from the third to the tenth; both are the spread itself.
  // The divisor is qnorm(0.975) of R.
  const deviation = (noise: number) => Math.log(noise) / 1.959963984540054;
  expect(seconds.logVariance(trained, [attacked, again])).toBeCloseTo(deviation(1.1) ** 2 + deviation(1.2) ** 2, 12);
});

test('each machine has its own times', async () => {
  const [training, first, second] = await trials(['a', 'b', 'c']);
  const trained = steps(training, 30, rounds(1, { 'batch of training': 4 }));
  const attacked = runs(first, [0.5, 0.1], rounds(3, { step: 2, 'last step': 1 }));
  const seconds = calibratedSeconds([trained, attacked, runs(second, [0.5, 0.1])]);
  expect(seconds.trainingSeconds(trained)).toBeCloseTo(30 * 4 * 0.1, 10);
  expect(seconds.sampleSeconds(attacked, attacked.result.records[0])).toBeCloseTo((0.5 * 2 + 0.1) * 0.3, 12);
  // Nothing was timed on the third.
  expect(seconds.sampleSeconds(second, runs(second, [0.5, 0.1]).result.records[0])).toBeNull();
});

test('trials of earlier versions have no counts, and no calibrated seconds', async () => {
  const [training, first] = await trials();
  const seconds = calibratedSeconds([training, first]);
  expect(seconds.trainingSeconds(training)).toBeNull();
  expect(seconds.sampleSeconds(first, first.result.records[0])).toBeNull();
});
