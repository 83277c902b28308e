import { expect, test } from 'vitest';
import { autoAttack, randomAutoAttack } from '../../../../src/analysis/robustness/attacks/autoAttack.ts';
import { apgdCrossEntropy, apgdDlr } from '../../../../src/analysis/robustness/attacks/gradient/apgd.ts';
import { summary, useConvolutional } from '../../../support/attackReference.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { readQueryReference } from '../../../support/queryReference.ts';
import { expectAsStrong } from '../../../support/sampling.ts';

const open = useConvolutional(useDevice());

test.each([
  { norm: 'inf', eps: 0.035, distance: 'linf' },
  { norm: '2', eps: 0.5, distance: 'l2' },
] as const)(
  'in L$norm it breaks all but at most one of those that the authors’ broke, with half the iterations and a fiftieth of the queries of Square',
  async ({ norm, eps, distance }) => {
    const { samples, rate, classifier } = await open();
    const outcome = await autoAttack.run(classifier, samples, { norm, eps, maxIter: 25, squareIter: 20, seed: 1 });
    expect(summary(outcome, distance).successes).toBeGreaterThanOrEqual(rate(`autoattack.${norm}`).successes - 1);
  },
);

test('in L1 it breaks as many as the authors’, with as many iterations and a tenth of the queries of Square', async () => {
  const { samples, classifier, total } = await open(24);
  const { l1 } = await readQueryReference();
  const outcome = await autoAttack.run(classifier, samples, {
    norm: '1',
    eps: 3,
    maxIter: 25,
    squareIter: 20,
    seed: 1,
  });
  expectAsStrong(outcome, l1.autoattack, total);
  for (const { success, distances } of outcome.records)
    if (success) expect(distances.l1).toBeLessThanOrEqual(3 * (1 + 1e-5));
});

test('the version for random defences breaks what its two attacks break, with no step of the second where the first did', async () => {
  const { samples, classifier } = await open(20);
  const settings = { norm: 'inf', eps: 0.035, maxIter: 10, seed: 1 } as const;
  const first = await apgdCrossEntropy.run(classifier, samples, settings);
  const second = await apgdDlr.run(classifier, samples, settings);
  const both = await randomAutoAttack.run(classifier, samples, settings);
  both.records.forEach(({ success, cost }, i) => {
    expect(success).toBe(first.records[i].success || second.records[i].success);
    if (first.records[i].success) expect(cost.gradients).toBe(first.records[i].cost.gradients);
    else expect(cost.gradients).toBe(first.records[i].cost.gradients + second.records[i].cost.gradients);
  });
});
