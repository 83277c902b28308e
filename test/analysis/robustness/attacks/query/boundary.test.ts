import { expect, test } from 'vitest';
import { boundary } from '../../../../../src/analysis/robustness/attacks/query/boundary.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { readQueryReference } from '../../../../support/queryReference.ts';
import { expectAsStrong } from '../../../../support/sampling.ts';

const open = useConvolutional(useDevice());

test('Boundary comes as near as Foolbox’s in as many steps', async () => {
  const { samples, classifier, total } = await open(12);
  const { boundary: reference } = await readQueryReference();
  const outcome = await boundary.run(classifier, samples, { maxIter: 300, seed: 1 });
  expectAsStrong(outcome, reference['300'], total);
});

test('Boundary stops within eps, and at a budget of queries', async () => {
  const { samples, classifier } = await open(4);
  const { records } = await boundary.run(classifier, samples, { maxIter: 60, eps: 3, maxQueries: 40, seed: 1 });
  for (const { success, distances, cost } of records) {
    expect(success).toBe(distances.l2 <= 3 && distances.l2 > 0);
    // A step asks about two images every tenth time.
    expect(cost.queries).toBeLessThanOrEqual(41);
  }
});
