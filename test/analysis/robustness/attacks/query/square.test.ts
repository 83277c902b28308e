import { expect, test } from 'vitest';
import { square } from '../../../../../src/analysis/robustness/attacks/query/square.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { readQueryReference } from '../../../../support/queryReference.ts';
import { expectAsStrong } from '../../../../support/sampling.ts';

const open = useConvolutional(useDevice());

test.each([
  { norm: 'inf', eps: 0.035 },
  { norm: '2', eps: 0.5 },
] as const)('Square in L$norm is as strong as the authors’', async ({ norm, eps }) => {
  const { samples, rate, classifier, total } = await open(94);
  const outcome = await square.run(classifier, samples, {
    norm,
    eps,
    maxIter: 1000,
    pInit: 0.8,
    seed: 1,
    maxQueries: 400,
  });
  expectAsStrong(outcome, { ...rate(`square.${norm}`), medianDistance: null }, total);
  expect(Math.max(...outcome.records.map(({ cost }) => cost.queries))).toBe(400);
});

test('Square in L1 is as strong as the authors’', async () => {
  const { samples, classifier, total } = await open(24);
  const { l1 } = await readQueryReference();
  const outcome = await square.run(classifier, samples, { norm: '1', eps: 3, maxIter: 1000, maxQueries: 400, seed: 1 });
  // Whoever is broken is moved by about eps: the median says nothing.
  expectAsStrong(outcome, { ...l1.square, medianDistance: null }, total);
  for (const { distances } of outcome.records) expect(distances.l1).toBeLessThanOrEqual(3 * (1 + 1e-5));
});
