import { expect, test } from 'vitest';
import { pixelAttack } from '../../../../../src/analysis/robustness/attacks/query/pixelAttack.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { expectAsStrong } from '../../../../support/sampling.ts';

const open = useConvolutional(useDevice());

test.each([4, 16])('Pixel attack with %i pixels is as strong as ART’s', async (th) => {
  const { samples, rate, classifier, total } = await open(12);
  const outcome = await pixelAttack.run(classifier, samples, { th, es: 'de', maxIter: 10, seed: 1 });
  expectAsStrong(outcome, rate(`pixel.${th}`), total);
  for (const { distances } of outcome.records) expect(distances.l0).toBeLessThanOrEqual(th);
});

test('CMA-ES breaks samples too', async () => {
  const { samples, classifier } = await open(2);
  const settings = { th: 16, es: 'cma-es', maxIter: 10, seed: 1 } as const;
  expect((await pixelAttack.run(classifier, samples, settings)).robustAccuracy).toBeLessThan(1);
});
