import { expect, test } from 'vitest';
import { carliniLinf } from '../../../../../src/analysis/robustness/attacks/minimum/carliniLinf.ts';
import { summary, useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';

const open = useConvolutional(useDevice());
const COUNT = 30;

test('Carlini-Wagner in L∞: with fewer gradient evaluations more successes than ART', async () => {
  const { samples, rate, classifier } = await open(COUNT);
  const outcome = await carliniLinf.run(classifier, samples, {
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
