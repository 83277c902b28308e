import { expect, test } from 'vitest';
import { thresholdAttack } from '../../../../../src/analysis/robustness/attacks/query/thresholdAttack.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { expectAsStrong } from '../../../../support/sampling.ts';

const open = useConvolutional(useDevice());

test('Threshold attack is as strong as ART’s, and changes no pixel by more than its levels', async () => {
  const { samples, rate, classifier, total } = await open(4);
  const outcome = await thresholdAttack.run(classifier, samples, { th: 64, es: 'de', maxIter: 10, seed: 1 });
  expectAsStrong(outcome, rate('threshold.64'), total);
  for (const { distances } of outcome.records) expect(distances.linf).toBeLessThanOrEqual(64.01 / 255);
});

test('CMA-ES breaks samples too', async () => {
  const { samples, classifier } = await open(2);
  const settings = { th: 64, es: 'cma-es', maxIter: 5, seed: 1 } as const;
  expect((await thresholdAttack.run(classifier, samples, settings)).robustAccuracy).toBeLessThan(1);
});
