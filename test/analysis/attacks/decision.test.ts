import { expect, test } from 'vitest';
import { hopSkipJump } from '../../../src/analysis/attacks/hopSkipJump.ts';
import { pixelAttack } from '../../../src/analysis/attacks/pixelAttack.ts';
import { square } from '../../../src/analysis/attacks/square.ts';
import { thresholdAttack } from '../../../src/analysis/attacks/thresholdAttack.ts';
import { useDevice } from '../../engine/checkOp.ts';
import { first, openNetwork, readReference } from './reference.ts';
import { expectAsStrong } from './sampling.ts';

const device = useDevice();
const limit = { timeout: 240_000 };

const open = async (count: number) => {
  const { samples, rate } = await readReference('convolutional');
  const classifier = await openNetwork(device(), 'convolutional');
  return { samples: first(samples, count), rate, classifier, total: samples.labels.length };
};

test.each(['inf', '2'] as const)(
  'HopSkipJump in L%s: as near as ART’s after as many iterations',
  limit,
  async (norm) => {
    const { samples, rate, classifier, total } = await open(40);
    const options = { norm, maxIter: 5, initEval: 20, maxEval: 1000, initSize: 100, seed: 1 };
    const outcome = await hopSkipJump(classifier, samples, options);
    expectAsStrong(outcome, rate(`hopskipjump.${norm}.5`), total);
    const few = first(samples, 5);
    const parts = await hopSkipJump(classifier, few, { ...options, maxIter: 1, batchSize: 2 });
    expect(parts.images).toEqual((await hopSkipJump(classifier, few, { ...options, maxIter: 1 })).images);
  },
);

test.each([
  { norm: 'inf', eps: 0.035 },
  { norm: '2', eps: 0.5 },
] as const)('Square in L$norm is as strong as the authors’', limit, async ({ norm, eps }) => {
  const { samples, rate, classifier, total } = await open(94);
  const outcome = await square(classifier, samples, { norm, eps, maxIter: 1000, pInit: 0.8, seed: 1, maxQueries: 400 });
  expectAsStrong(outcome, { ...rate(`square.${norm}`), medianDistance: null }, total);
  expect(Math.max(...outcome.records.map(({ cost }) => cost.queries))).toBe(400);
});

test.each([4, 16])('Pixel attack with %i pixels is as strong as ART’s', limit, async (th) => {
  const { samples, rate, classifier, total } = await open(16);
  const outcome = await pixelAttack(classifier, samples, { th, es: 'de', maxIter: 10, seed: 1 });
  expectAsStrong(outcome, rate(`pixel.${th}`), total);
  for (const { distances } of outcome.records) expect(distances.l0).toBeLessThanOrEqual(th);
});

test('Threshold attack is as strong as ART’s, and changes no pixel by more than its levels', limit, async () => {
  const { samples, rate, classifier, total } = await open(8);
  const outcome = await thresholdAttack(classifier, samples, { th: 64, es: 'de', maxIter: 10, seed: 1 });
  expectAsStrong(outcome, rate('threshold.64'), total);
  for (const { distances } of outcome.records) expect(distances.linf).toBeLessThanOrEqual(64.01 / 255);
});

test('CMA-ES breaks samples too', limit, async () => {
  const { samples, classifier } = await open(8);
  const pixels = await pixelAttack(classifier, samples, { th: 16, es: 'cma-es', maxIter: 10, seed: 1 });
  const levels = await thresholdAttack(classifier, samples, { th: 64, es: 'cma-es', maxIter: 10, seed: 1 });
  expect(pixels.robustAccuracy).toBeLessThan(0.9);
  expect(levels.robustAccuracy).toBeLessThan(0.9);
});
