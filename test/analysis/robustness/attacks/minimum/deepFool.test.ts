import { expect, test } from 'vitest';
import { deepFool } from '../../../../../src/analysis/robustness/attacks/minimum/deepFool.ts';
import { openDevice } from '../../../../../src/engine/open.node.ts';
import { openNetwork, readSamples } from '../../../../support/attackReference.ts';
import { testAgainstReference } from '../../../../support/deterministicAttack.ts';

testAgainstReference([
  {
    name: 'deepfool.10',
    // All ten classes are looked at, each by a pass of its own.
    count: 12,
    run: (classifier, samples) => deepFool.run(classifier, samples, { maxIter: 30, epsilon: 0.02, nbGrads: 10 }),
  },
  {
    name: 'deepfool.3',
    count: 24,
    run: (classifier, samples) => deepFool.run(classifier, samples, { maxIter: 30, epsilon: 0.02, nbGrads: 3 }),
  },
]);

test('a budget is never overrun: a step that may cost more than is left is not begun', async () => {
  const device = await openDevice();
  const classifier = await openNetwork(device, 'convolutional');
  try {
    const samples = await readSamples([0, 1, 2, 3, 4, 5, 6, 7]);
    // Nine gradients and two answers a step at most, in the first the answer of the original, too; who is not broken has one answer less.
    const run = (maxQueries: number) => deepFool.run(classifier, samples, { nbGrads: 10, maxQueries });
    const asked = async (maxQueries: number) =>
      (await run(maxQueries)).records.filter(({ success, misclassifiedBefore }) => !success && !misclassifiedBefore);
    const withTwo = (await asked(12 + 11)).map(({ cost }) => [cost.queries, cost.gradients]);
    expect(withTwo.length).toBeGreaterThan(2);
    // Nobody who was not broken has asked about a lengthened way.
    expect(withTwo).toEqual(withTwo.map(() => [1 + 2 * 10, 2 * 9]));
    expect((await asked(11 + 10)).map(({ cost }) => cost.queries)).toContain(1 + 10);
    const broken = (await run(12 + 11)).records.filter(({ success }) => success);
    expect(broken.every(({ cost }) => cost.queries <= 12 + 11)).toBe(true);
  } finally {
    classifier.free();
    device.destroy();
  }
});
