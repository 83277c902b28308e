import { describe, expect, test } from 'vitest';
import { carliniL0 } from '../../../../src/analysis/robustness/attacks/carliniL0.ts';
import { carliniL2 } from '../../../../src/analysis/robustness/attacks/carliniL2.ts';
import { carliniLinf } from '../../../../src/analysis/robustness/attacks/carliniLinf.ts';
import { fab } from '../../../../src/analysis/robustness/attacks/fab.ts';
import { first, readReference, summary, useNetworks } from '../../../support/attackReference.ts';
import { useDevice } from '../../../support/checkOp.ts';

const openNetwork = useNetworks(useDevice());
const COUNT = 30;

const open = async () => {
  const { samples, rate } = await readReference('convolutional');
  return { samples: first(samples, COUNT), rate, classifier: await openNetwork('convolutional') };
};

describe.each([
  { norm: 'inf', eps: 0.035, distance: 'linf' },
  { norm: '2', eps: 0.5, distance: 'l2' },
] as const)('FAB in L$norm', ({ norm, eps, distance }) => {
  test('finds an image for every sample, as many within the reference’s radius', async () => {
    const { samples, rate, classifier } = await open();
    const outcome = await fab(classifier, samples, { norm, maxIter: 20, numRestarts: 1, targets: 0, seed: 1 });
    expect(summary(outcome, distance).successes).toBe(COUNT);
    const within = outcome.records.filter(({ distances }) => distances[distance] <= eps).length;
    // The reference tells its successes within eps of 94 samples; a third of them differ from all by two standard errors at most.
    expect(within / COUNT).toBeGreaterThanOrEqual(rate(`fab.${norm}`).successes / 94 - 0.18);
  });
});

test('Carlini-Wagner in L2: at the same gradient evaluations nearer than ART’s, with as many successes', async () => {
  const { samples, rate, classifier } = await open();
  const outcome = await carliniL2(classifier, samples, {
    confidence: 0,
    learningRate: 0.05,
    maxIter: 40,
    initialConst: 1,
    binarySearchSteps: 5,
  });
  const ours = summary(outcome, 'l2');
  expect(ours.successes).toBe(COUNT);
  expect(ours.medianDistance).toBeLessThanOrEqual(rate('carlini.2').medianDistance as number);
});

test('Carlini-Wagner in L∞: with fewer gradient evaluations more successes than ART', async () => {
  const { samples, rate, classifier } = await open();
  const outcome = await carliniLinf(classifier, samples, {
    confidence: 0,
    learningRate: 0.05,
    maxIter: 15,
    initialConst: 0.1,
    largestConst: 20,
    decreaseFactor: 0.9,
    constFactor: 2,
    rounds: 16,
  });
  expect(240).toBeLessThanOrEqual(rate('carlini.inf').gradients);
  expect(summary(outcome, 'linf').successes / COUNT).toBeGreaterThanOrEqual(rate('carlini.inf').successes / 94);
});

test('Carlini-Wagner in L0: at the same gradient evaluations fewer places than ART’s', async () => {
  const { samples, rate, classifier } = await open();
  const outcome = await carliniL0(classifier, samples, {
    confidence: 0,
    learningRate: 0.1,
    maxIter: 20,
    initialConst: 1,
    largestConst: 1000,
    rounds: 20,
  });
  const ours = summary(outcome, 'l0');
  expect(400).toBeLessThanOrEqual(rate('carlini.0').gradients);
  expect(ours.successes / COUNT).toBeGreaterThanOrEqual(rate('carlini.0').successes / 94 - 0.05);
  expect(ours.medianDistance).toBeLessThan(rate('carlini.0').medianDistance as number);
});
