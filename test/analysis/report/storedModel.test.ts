import { expect, test } from 'vitest';
import { parseStudy } from '../../../src/analysis/study/file/parse.ts';
import { planTrials } from '../../../src/analysis/study/run/run.ts';
import type { FinishedTrial } from '../../../src/analysis/study/trial/trial.ts';
import { fakeAdapter, fakeResult } from '../../support/fakeTrials.ts';
import { reportOf } from '../../support/reportOf.ts';

type Kind = 'checkpoint' | 'onnx';
type Clock = 'seconds' | 'flops';

const KINDS: readonly [Clock, Kind][] = [
  ['seconds', 'checkpoint'],
  ['flops', 'checkpoint'],
  ['seconds', 'onnx'],
];

async function reportWith(cost: string, clock: Clock, kind: Kind) {
  const { study } = parseStudy(
    `name: stored
data: { name: mnist, train: 6000, test: 10000 }
models: [{ depth: 18, width: 16 }, { ${kind}: a/wide.weights, sha256: ${'ab'.repeat(32)}${cost} }]
training: { epochs: 4, batch_size: 64, learning_rate: 0.05 }
control: false
attacks: [{ name: pgd, eps: [0.1, 0.3] }]
survival: { model: weibull, clock: ${clock} }
prices: { currency: EUR, training: 2, attack: 1 }
`,
    'stored.yaml',
  );
  const finished = (await planTrials(study)).map(
    ({ id, trial }): FinishedTrial => ({ id, trial, result: fakeResult(trial), adapter: fakeAdapter, finishedAt: '' }),
  );
  return reportOf(finished, study);
}

test.each(KINDS)('by %s: without a cost a stored model (%s) has survival, and no TRASH', async (clock, kind) => {
  const { trash, models, kaplanMeier } = await reportWith('', clock, kind);
  const [trained, stored] = trash;
  expect(trained.value).not.toBeNull();
  expect(stored).toMatchObject({
    model: 'wide',
    value: null,
    reading: 'training not seen',
    money: null,
    statedCost: null,
  });
  expect(stored.note).toMatch(
    /^the model was trained elsewhere, and what that cost is not known: there is survival, but no TRASH/,
  );
  expect(models[1]).toMatchObject({ model: 'wide', network: 'WRN-16-2', trainSeconds: null, trainFlops: null });
  expect(kaplanMeier.map(({ model }) => model)).toEqual(['ResNet-18', 'wide']);
});

test.each(KINDS)(
  'by %s: TRASH follows by seconds from a cost that the study states of a model (%s)',
  async (clock, kind) => {
    const cost = ', training: { seconds: 5000, samples: 50000, price_per_hour: 8, hardware: 1 x A100 }';
    const { trash, models } = await reportWith(cost, clock, kind);
    const [, stored] = trash;
    const [score] = stored.clocks;
    expect(stored.clocks.map((each) => each.clock)).toEqual(['seconds']);
    // 5000 s for 50000 images, over the mean seconds of an image under the best attack.
    expect(score.trainingCost).toBe(0.1);
    expect(stored.value).toBe(0.1 / score.best.meanCost);
    expect(stored.statedCost).toBe(
      'training cost as the study states it, not measured here: 5,000 s for 50,000 images on 1 x A100',
    );
    expect(models[1]).toMatchObject({ trainSeconds: 5000, trainSamples: 50000 });
    // An hour of that machine costs 8, one of the attacker's 1.
    expect(stored.money?.value).toBeCloseTo(8 * Number(stored.value), 12);
  },
);
