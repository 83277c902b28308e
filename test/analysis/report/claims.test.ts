import { expect, test } from 'vitest';
import { signTest } from '../../../src/analysis/report/claims/costs.ts';
import type { Report } from '../../../src/analysis/report/report.ts';
import { wilson } from '../../../src/analysis/report/wilson.ts';
import type { AttackRecord } from '../../../src/analysis/robustness/attacks/run/record.ts';
import { parseStudy } from '../../../src/analysis/study/file/parse.ts';
import { planTrials } from '../../../src/analysis/study/run/run.ts';
import type { FinishedTrial, Trial } from '../../../src/analysis/study/trial/trial.ts';
import { fakeAdapter, fakeResult } from '../../support/fakeTrials.ts';
import { reportOf } from '../../support/reportOf.ts';
import { resnetOf } from '../../support/resnetOf.ts';

const SAMPLES = 60;

/** Exponential times of 60 images, the same for every condition: quantiles, so that nothing is left to chance. */
const BASE = Array.from({ length: SAMPLES }, (_, k) => -Math.log((k + 0.5) / SAMPLES));

/** A study in which a condition multiplies all times by `factor`, broken ones being those before `budget` times it. */
async function built(text: string, factor: (trial: Trial) => number, budget = 2): Promise<Report> {
  const { study } = parseStudy(
    `name: claims
data: { name: mnist, train: 100, test: 100 }
training: { epochs: 2, batch_size: 10, learning_rate: 0.1 }
samples: ${SAMPLES}
survival: { model: weibull, clock: seconds }
${text}`,
    'claims.yaml',
  );
  const planned = await planTrials(study);
  const finished = planned.map(({ id, trial }): FinishedTrial => {
    const result = fakeResult(trial);
    const shared = { id, trial, adapter: fakeAdapter, finishedAt: '2025-01-01T00:00:00.000Z' };
    if (result.kind === 'train') return { ...shared, result: { ...result, trainSeconds: 1000 * factor(trial) } };
    const records = BASE.map((time, sample): AttackRecord => {
      const success = time < budget;
      const seconds = factor(trial) * Math.min(time, budget);
      return {
        sample,
        label: 0,
        misclassifiedBefore: false,
        success,
        successAfterRounding: success,
        firstStep: success ? 1 : null,
        cost: { seconds, queries: 1, gradients: 1, flops: 1 },
        distances: { l0: 0, l1: 0, l2: 0, linf: 0 },
      };
    });
    const robustAccuracy = records.filter(({ success }) => !success).length / SAMPLES;
    return { ...shared, result: { ...result, cleanAccuracy: 1, robustAccuracy, records } };
  });
  return reportOf(finished, study);
}

const claim = ({ claims }: Report, id: string) => claims.find((line) => line.id === id)!;

// Every factor is the same for every image, so that clusters tell it exactly: intervals have no width, estimates are the factors.
test('defences: a factor of 1.5 beats control; noise of factor 0.8 underperforms and is not the best', async () => {
  const report = await built(
    `models: { depth: 18 }
defences: [{ name: none }, { name: feature-squeezing, bit_depth: [4, 8] }, { name: gaussian-noise, scale: 0.1 }]
control: false
attacks: [{ name: fgm, eps: [0.1, 0.2] }]`,
    (trial) => {
      if (trial.kind === 'train') return 1;
      return { 'feature-squeezing': 1.5, 'gaussian-noise': 0.8 }[trial.defence.name as string] ?? 1;
    },
  );
  const better = claim(report, 'no-defence-beats-control');
  expect(better.verdict).toBe('does not hold');
  expect(better.estimate).toBeCloseTo(1.5, 6);
  expect(better.parts.map(({ name, estimate }) => [name, Math.round(1e4 * estimate!) / 1e4])).toEqual([
    ['Feature squeezing', 1.5],
    ['Gaussian noise', 0.8],
  ]);
  expect(claim(report, 'gaussian-noise-underperforms')).toMatchObject({ verdict: 'holds' });
  expect(claim(report, 'gaussian-noise-underperforms').estimate).toBeCloseTo(0.8, 6);
  expect(claim(report, 'gaussian-noise-best').verdict).toBe('does not hold');
  expect(claim(report, 'gaussian-noise-best').estimate).toBeCloseTo(0.8 / 1.5, 6);
  expect(claim(report, 'depth-raises-survival')).toMatchObject({
    verdict: 'cannot be tested',
    estimate: null,
    p: null,
  });
});

test('attacks: ordered by time as the paper says, or not; FGM and PGD soonest', async () => {
  const text = `models: { depth: 18 }
control: false
attacks: [{ name: fgm, eps: [0.1, 0.2] }, { name: pgd, eps: [0.1, 0.2] }, { name: deepfool }]`;
  const paces = (pgd: number) => (trial: Trial) =>
    trial.kind === 'train' ? 1 : ({ fgm: 1, pgd, deepfool: 12 }[trial.attack.name as string] ?? 1);
  const ordered = await built(text, paces(3));
  expect(claim(ordered, 'attack-order').verdict).toBe('holds');
  expect(claim(ordered, 'attack-order').estimate).toBeCloseTo(3, 5);
  expect(claim(ordered, 'attack-order').parts.map(({ estimate }) => Math.round(estimate!))).toEqual([3, 4]);
  expect(claim(ordered, 'fgm-pgd-worst').verdict).toBe('holds');
  expect(claim(ordered, 'fgm-pgd-worst').estimate).toBeCloseTo(4, 5);
  // All break the same images.
  expect(claim(ordered, 'attacks-similar-accuracy')).toMatchObject({ verdict: 'holds', estimate: 0 });
  const reversed = await built(text, paces(0.5));
  expect(claim(reversed, 'attack-order').verdict).toBe('does not hold');
  expect(claim(reversed, 'attack-order').estimate).toBeCloseTo(0.5, 5);
});

test('models: depth multiplies times, the format does not; TRASH follows', async () => {
  const report = await built(
    `models: { depth: [18, 34], precision: [f32, f16] }
control: false
attacks: [{ name: fgm, eps: [0.1, 0.2] }]`,
    (trial) => (resnetOf((trial.kind === 'train' ? trial : trial.train).model).depth === 34 ? 2 : 1),
  );
  const depth = claim(report, 'depth-raises-survival');
  expect(depth).toMatchObject({ verdict: 'holds', quantity: 'time ratio of 34 against 18 layers' });
  expect(depth.estimate).toBeCloseTo(2, 6);
  expect(claim(report, 'number-format').estimate).toBeCloseTo(1, 6);
  // 10 s to train on an image, about 1 s to break it, in both depths.
  expect(claim(report, 'all-configurations-fail').verdict).toBe('holds');
  expect(claim(report, 'all-configurations-pass').verdict).toBe('does not hold');
  const training = claim(report, 'resnet18-cheapest-training');
  expect(training).toMatchObject({ verdict: 'cannot be tested', estimate: 2, p: 0.25 });
  expect(training.reason).toBe('a sign test needs five pairs; there are 2 of ResNet-34');
  // Every image has the same fate in both formats.
  expect(report.precisions).toHaveLength(1);
  expect(report.precisions[0]).toMatchObject({ first: 'f32', second: 'f16', attacks: 4, samples: 240, agreement: 1 });
});

test('sign test: binomial tails and the order statistics that hold the median', () => {
  // Eight of ten above 1: P(X >= 8) = 56 / 1024; the 2nd and 9th smallest leave out 11 / 1024 on each side.
  const ratios = [0.5, 0.9, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8];
  expect(signTest(ratios)).toEqual({ estimate: 1.35, lower: 0.9, upper: 1.7, p: 56 / 1024, reverse: 1013 / 1024 });
  expect(signTest([2, 3])).toMatchObject({ estimate: 2.5, lower: null, upper: null, p: 0.25 });
});

test('Wilson limits of 81 of 263 (Newcombe 1998, table I: 0.2553 to 0.3662)', () => {
  const [lower, upper] = wilson(81 / 263, 263);
  expect(lower).toBeCloseTo(0.2553, 4);
  expect(upper).toBeCloseTo(0.3662, 4);
});

test('depths are compared where their names differ otherwise, as those of one depth in several formats do', async () => {
  const { claims, trash } = await built(
    `models: { depth: 18, width: 8 }
control: false
attacks: [{ name: fgm, eps: 0.1 }]
includes:
  - models: { depth: 34 }
  - models: { precision: f16 }
`,
    () => 1,
  );
  expect(trash.map(({ model }) => model)).toEqual(['ResNet-18, f32', 'ResNet-34', 'ResNet-18, f16']);
  const { parts } = claims.find(({ id }) => id === 'resnet18-lowest-trash')!;
  expect(parts.map(({ name }) => name)).toEqual(['ResNet-34 (1 pair)']);
});
