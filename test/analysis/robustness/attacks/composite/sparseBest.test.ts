import { expect, test } from 'vitest';
import { sparseBest } from '../../../../../src/analysis/robustness/attacks/composite/sparseBest.ts';
import { fmn } from '../../../../../src/analysis/robustness/attacks/minimum/fmn.ts';
import { sigmaZero } from '../../../../../src/analysis/robustness/attacks/minimum/sigmaZero.ts';
import type { AttackOutcome, SavedAttack } from '../../../../../src/analysis/robustness/attacks/run/attack.ts';
import { first, readReference, useNetworks } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';

const open = useNetworks(useDevice());
const SETTINGS = { th: 12, maxIter: 20, pixelIter: 1, seed: 1 } as const;

const plain = ({ records, images }: AttackOutcome) => ({
  images,
  records: records.map(({ cost: { seconds: _, runs: __, flops: ___, ...cost }, ...record }) => ({ ...record, cost })),
});

test('an image breaks where one of its attacks breaks it within so many pixels, and costs no step after that', async () => {
  const samples = first((await readReference('convolutional')).samples, 8);
  const classifier = await open('convolutional');
  const both = await sparseBest.run(classifier, samples, SETTINGS);
  const [sigma, fast] = [
    await sigmaZero.run(classifier, samples, { maxIter: 20 }),
    await fmn.run(classifier, samples, { norm: '0', maxIter: 20 }),
  ];
  const within = ({ records }: AttackOutcome) => records.map(({ success, distances }) => success && distances.l0 <= 12);
  const [bySigma, byFmn] = [within(sigma), within(fast)];
  expect(bySigma.some(Boolean)).toBe(true);
  both.records.forEach(({ success, distances, cost, misclassifiedBefore }, i) => {
    if (misclassifiedBefore) return;
    if (bySigma[i] || byFmn[i]) expect(success, `image ${i}`).toBe(true);
    if (success) expect(distances.l0).toBeLessThanOrEqual(12);
    if (bySigma[i]) expect(cost.gradients).toBeLessThanOrEqual(20);
  });
});

test('it goes on from a saved step of any of its attacks to the same bits, in batches of any size, within a budget', async () => {
  const samples = first((await readReference('convolutional')).samples, 5);
  const classifier = await open('convolutional');
  const settings = { ...SETTINGS, th: 2, maxIter: 3 };
  const states: SavedAttack[] = [];
  const whole = await sparseBest.run(classifier, samples, {
    ...settings,
    onSave: async (take) => {
      states.push(structuredClone(await take()));
    },
  });
  expect(states.length).toBeGreaterThan(9);
  for (const at of [1, 4, 7, 9]) {
    const resumed = await sparseBest.run(classifier, samples, { ...settings, resume: states[at] });
    expect(plain(resumed), `from step ${at + 1}`).toEqual(plain(whole));
  }
  expect(plain(await sparseBest.run(classifier, samples, { ...settings, batchSize: 2 }))).toEqual(plain(whole));
  const limited = await sparseBest.run(classifier, samples, { ...settings, maxQueries: 5 });
  for (const { cost } of limited.records) expect(cost.queries).toBeLessThanOrEqual(5);
});
