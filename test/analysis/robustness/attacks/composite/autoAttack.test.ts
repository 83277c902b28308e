import { expect, test } from 'vitest';
import { autoAttack, randomAutoAttack } from '../../../../../src/analysis/robustness/attacks/composite/autoAttack.ts';
import { apgdCrossEntropy, apgdDlr } from '../../../../../src/analysis/robustness/attacks/gradient/apgd.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { readQueryReference } from '../../../../support/queryReference.ts';

const open = useConvolutional(useDevice());

/** Samples of the reference's 94. */
const COUNT = 16;

test.each([
  { norm: 'inf', eps: 0.035, distance: 'linf' },
  { norm: '2', eps: 0.5, distance: 'l2' },
  { norm: '1', eps: 3, distance: 'l1' },
] as const)(
  'in L$norm it breaks all but at most one of those that the authors’ broke, with half the iterations and a fiftieth of the queries of Square',
  async ({ norm, eps, distance }) => {
    const { samples, rate, classifier } = await open(COUNT);
    const reference = norm === '1' ? (await readQueryReference()).l1.autoattack : rate(`autoattack.${norm}`);
    const { records } = await autoAttack.run(classifier, samples, { norm, eps, maxIter: 25, squareIter: 20, seed: 1 });
    const missed = records.filter(({ success }, i) => !success && reference.success[i] === '1');
    expect(missed.length).toBeLessThanOrEqual(1);
    // An image is rounded to float32 after the projection.
    for (const { success, distances } of records)
      if (success) expect(distances[distance]).toBeLessThanOrEqual(eps * (1 + 1e-5));
  },
);

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
