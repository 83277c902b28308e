import { expect, test } from 'vitest';
import { carliniL2 } from '../../../../../src/analysis/robustness/attacks/minimum/carliniL2.ts';
import { summary, useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';

const open = useConvolutional(useDevice());
const COUNT = 30;

test('Carlini-Wagner in L2: at the same gradient evaluations nearer than ART’s, with as many successes', async () => {
  const { samples, rate, classifier } = await open(COUNT);
  const outcome = await carliniL2.run(classifier, samples, {
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
