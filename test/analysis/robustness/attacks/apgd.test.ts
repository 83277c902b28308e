import { describe, expect, test } from 'vitest';
import { type ApgdLoss, apgd } from '../../../../src/analysis/robustness/attacks/apgd.ts';
import { autoAttack } from '../../../../src/analysis/robustness/attacks/autoAttack.ts';
import { randomNoise } from '../../../../src/analysis/robustness/attacks/randomNoise.ts';
import { first, readReference, summary, useNetworks } from '../../../support/attackReference.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { expectAsStrong } from '../../../support/sampling.ts';

const openNetwork = useNetworks(useDevice());
const balls = [
  { norm: 'inf', eps: 0.035, distance: 'linf' },
  { norm: '2', eps: 0.5, distance: 'l2' },
] as const;

describe.each(balls)('L$norm', ({ norm, eps, distance }) => {
  test.each([
    ['apgd-ce', 'cross-entropy'],
    ['apgd-dlr', 'dlr'],
  ] as const)(
    '%s is as strong as the authors’ in half the iterations',

    async (name, loss: ApgdLoss) => {
      const { samples, rate } = await readReference('convolutional');
      const classifier = await openNetwork('convolutional');
      const outcome = await apgd(classifier, samples, {
        norm,
        eps,
        loss,
        maxIter: 25,
        numRandomInit: 1,
        targets: 0,
        seed: 1,
      });
      expectAsStrong(outcome, rate(`${name}.${norm}`), samples.labels.length);
      for (const { distances } of outcome.records) expect(distances[distance]).toBeLessThanOrEqual(eps * (1 + 1e-6));
    },
  );

  test('AutoAttack breaks all but at most one of those that the authors’ broke, with half the iterations and a fiftieth of the queries of Square', async () => {
    const { samples, rate } = await readReference('convolutional');
    const classifier = await openNetwork('convolutional');
    const outcome = await autoAttack(classifier, samples, { norm, eps, maxIter: 25, squareIter: 20, seed: 1 });
    expect(summary(outcome, distance).successes).toBeGreaterThanOrEqual(rate(`autoattack.${norm}`).successes - 1);
  });
});

test('one seed gives the same bits whatever the batch size; budgets are kept; random noise is far weaker', async () => {
  const { samples } = await readReference('convolutional');
  const classifier = await openNetwork('convolutional');
  const few = first(samples, 20);
  const options = {
    norm: 'inf',
    eps: 0.03,
    loss: 'cross-entropy',
    maxIter: 10,
    numRandomInit: 1,
    targets: 0,
    seed: 7,
  } as const;
  const whole = await apgd(classifier, few, options);
  expect((await apgd(classifier, few, { ...options, batchSize: 7 })).images).toEqual(whole.images);
  expect((await apgd(classifier, few, { ...options, seed: 8 })).images).not.toEqual(whole.images);
  const limited = await apgd(classifier, few, { ...options, maxGradients: 4 });
  expect(Math.max(...limited.records.map(({ cost }) => cost.gradients))).toBe(4);
  expect(limited.robustAccuracy).toBeGreaterThanOrEqual(whole.robustAccuracy);
  const noise = await randomNoise(classifier, few, { norm: 'inf', eps: 0.03, maxIter: 10, seed: 7 });
  expect(noise.robustAccuracy).toBeGreaterThan(whole.robustAccuracy + 0.2);
});
