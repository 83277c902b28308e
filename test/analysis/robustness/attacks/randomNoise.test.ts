import { expect, test } from 'vitest';
import { pgd } from '../../../../src/analysis/robustness/attacks/gradient/pgd.ts';
import { randomNoise } from '../../../../src/analysis/robustness/attacks/randomNoise.ts';
import { useConvolutional } from '../../../support/attackReference.ts';
import { useDevice } from '../../../support/checkOp.ts';

const open = useConvolutional(useDevice());

test('random noise stays in its ball and is far weaker than an attack', async () => {
  const { samples, classifier } = await open(20);
  const settings = { norm: 'inf', eps: 0.03, maxIter: 10, seed: 7 } as const;
  const noise = await randomNoise.run(classifier, samples, settings);
  const attacked = await pgd.run(classifier, samples, settings);
  expect(noise.robustAccuracy).toBeGreaterThan(attacked.robustAccuracy + 0.2);
  for (const { distances } of noise.records) {
    expect(distances.linf).toBeGreaterThan(0);
    // The sum of a pixel and a change of 0.03, rounded to f32.
    expect(distances.linf).toBeLessThanOrEqual(0.03 + 2 ** -24);
  }
});
