import { expect, test } from 'vitest';
import { hopSkipJump } from '../../../../src/analysis/robustness/attacks/hopSkipJump.ts';
import { square } from '../../../../src/analysis/robustness/attacks/square.ts';
import { first, readReference, useNetworks } from '../../../support/attackReference.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { expectAsStrong } from '../../../support/sampling.ts';

const openNetwork = useNetworks(useDevice());

const open = async (count: number) => {
  const { samples, rate } = await readReference('convolutional');
  const classifier = await openNetwork('convolutional');
  return { samples: first(samples, count), rate, classifier, total: samples.labels.length };
};

test.each(['inf', '2'] as const)('HopSkipJump in L%s: as near as ART’s after as many iterations', async (norm) => {
  const { samples, rate, classifier, total } = await open(40);
  const options = { norm, maxIter: 5, initEval: 20, maxEval: 1000, initSize: 100, seed: 1 };
  const outcome = await hopSkipJump(classifier, samples, options);
  expectAsStrong(outcome, rate(`hopskipjump.${norm}.5`), total);
  const few = first(samples, 5);
  const parts = await hopSkipJump(classifier, few, { ...options, maxIter: 1, batchSize: 2 });
  expect(parts.images).toEqual((await hopSkipJump(classifier, few, { ...options, maxIter: 1 })).images);
});

test.each([
  { norm: 'inf', eps: 0.035 },
  { norm: '2', eps: 0.5 },
] as const)('Square in L$norm is as strong as the authors’', async ({ norm, eps }) => {
  const { samples, rate, classifier, total } = await open(94);
  const outcome = await square(classifier, samples, { norm, eps, maxIter: 1000, pInit: 0.8, seed: 1, maxQueries: 400 });
  expectAsStrong(outcome, { ...rate(`square.${norm}`), medianDistance: null }, total);
  expect(Math.max(...outcome.records.map(({ cost }) => cost.queries))).toBe(400);
});
