import { expect, test } from 'vitest';
import { square } from '../../../../../src/analysis/robustness/attacks/query/square.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { readQueryReference } from '../../../../support/queryReference.ts';
import { expectAsManyBroken } from '../../../../support/sampling.ts';

const open = useConvolutional(useDevice());
const COUNT = 24;

test.each([
  { norm: 'inf', eps: 0.035 },
  { norm: '2', eps: 0.5 },
] as const)('Square in L$norm is as strong as the authors’', async ({ norm, eps }) => {
  const { samples, rate, classifier } = await open(COUNT);
  const outcome = await square.run(classifier, samples, { norm, eps, maxIter: 400, maxQueries: 400, seed: 1 });
  expectAsManyBroken(outcome, rate(`square.${norm}.400`));
  expect(Math.max(...outcome.records.map(({ cost }) => cost.queries))).toBe(400);
});

test('Square in L1 is as strong as the authors’', async () => {
  const { samples, classifier } = await open(COUNT);
  const { l1 } = await readQueryReference();
  const outcome = await square.run(classifier, samples, { norm: '1', eps: 3, maxIter: 400, maxQueries: 400, seed: 1 });
  expectAsManyBroken(outcome, l1.square);
  for (const { distances } of outcome.records) expect(distances.l1).toBeLessThanOrEqual(3 * (1 + 1e-5));
});
