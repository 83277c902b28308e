import { describe, expect, test } from 'vitest';
import { fab } from '../../../../../src/analysis/robustness/attacks/minimum/fab.ts';
import { summary, useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';

const open = useConvolutional(useDevice());
const COUNT = 30;

describe.each([
  { norm: 'inf', eps: 0.035, distance: 'linf' },
  { norm: '2', eps: 0.5, distance: 'l2' },
] as const)('FAB in L$norm', ({ norm, eps, distance }) => {
  test('finds an image for every sample, as many within the reference’s radius', async () => {
    const { samples, rate, classifier } = await open(COUNT);
    const outcome = await fab.run(classifier, samples, { norm, maxIter: 20, numRestarts: 1, targets: 0, seed: 1 });
    expect(summary(outcome, distance).successes).toBe(COUNT);
    const within = outcome.records.filter(({ distances }) => distances[distance] <= eps).length;
    // The reference tells its successes within eps of 94 samples; a third of them differ from all by two standard errors at most.
    expect(within / COUNT).toBeGreaterThanOrEqual(rate(`fab.${norm}`).successes / 94 - 0.18);
  });
});
