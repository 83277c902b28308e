import { expect, test } from 'vitest';
import { pixelAttack } from '../../../../src/analysis/robustness/attacks/pixelAttack.ts';
import { thresholdAttack } from '../../../../src/analysis/robustness/attacks/thresholdAttack.ts';
import { first, readReference, useNetworks } from '../../../support/attackReference.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { expectAsStrong } from '../../../support/sampling.ts';

const openNetwork = useNetworks(useDevice());

const open = async (count: number) => {
  const { samples, rate } = await readReference('convolutional');
  const classifier = await openNetwork('convolutional');
  return { samples: first(samples, count), rate, classifier, total: samples.labels.length };
};

test.each([4, 16])('Pixel attack with %i pixels is as strong as ART’s', async (th) => {
  const { samples, rate, classifier, total } = await open(12);
  const outcome = await pixelAttack(classifier, samples, { th, es: 'de', maxIter: 10, seed: 1 });
  expectAsStrong(outcome, rate(`pixel.${th}`), total);
  for (const { distances } of outcome.records) expect(distances.l0).toBeLessThanOrEqual(th);
});

test('Threshold attack is as strong as ART’s, and changes no pixel by more than its levels', async () => {
  const { samples, rate, classifier, total } = await open(4);
  const outcome = await thresholdAttack(classifier, samples, { th: 64, es: 'de', maxIter: 10, seed: 1 });
  expectAsStrong(outcome, rate('threshold.64'), total);
  for (const { distances } of outcome.records) expect(distances.linf).toBeLessThanOrEqual(64.01 / 255);
});

test('CMA-ES breaks samples too', async () => {
  const { samples, classifier } = await open(2);
  const pixels = await pixelAttack(classifier, samples, { th: 16, es: 'cma-es', maxIter: 10, seed: 1 });
  const levels = await thresholdAttack(classifier, samples, { th: 64, es: 'cma-es', maxIter: 5, seed: 1 });
  expect(pixels.robustAccuracy).toBeLessThan(1);
  expect(levels.robustAccuracy).toBeLessThan(1);
});
