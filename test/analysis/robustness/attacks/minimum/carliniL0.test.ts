import { expect, test } from 'vitest';
import { carliniL0 } from '../../../../../src/analysis/robustness/attacks/minimum/carliniL0.ts';
import { summary, useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';

const open = useConvolutional(useDevice());
const COUNT = 30;

test('Carlini-Wagner in L0: at the same gradient evaluations fewer places than ART’s', async () => {
  const { samples, rate, classifier } = await open(COUNT);
  const outcome = await carliniL0.run(classifier, samples, {
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
