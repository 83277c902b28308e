import { expect, test } from 'vitest';
import { apgdCrossEntropy } from '../../../../src/analysis/robustness/attacks/gradient/apgd.ts';
import { mifgsm } from '../../../../src/analysis/robustness/attacks/gradient/mifgsm.ts';
import { pgd } from '../../../../src/analysis/robustness/attacks/gradient/pgd.ts';
import { brendelBethge } from '../../../../src/analysis/robustness/attacks/minimum/brendelBethge.ts';
import { sigmaZero } from '../../../../src/analysis/robustness/attacks/minimum/sigmaZero.ts';
import { superDeepFool } from '../../../../src/analysis/robustness/attacks/minimum/superDeepFool.ts';
import { boundary } from '../../../../src/analysis/robustness/attacks/query/boundary.ts';
import { hopSkipJump } from '../../../../src/analysis/robustness/attacks/query/hopSkipJump.ts';
import { pixelAttack } from '../../../../src/analysis/robustness/attacks/query/pixelAttack.ts';
import type {
  AttackOptions,
  AttackOutcome,
  SavedAttack,
} from '../../../../src/analysis/robustness/attacks/run/attack.ts';
import type { Samples } from '../../../../src/analysis/robustness/attacks/run/batch.ts';
import type { Classifier } from '../../../../src/analysis/robustness/classifier/classifier.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { margin, planeClassifier } from '../../../support/linearClassifier.ts';
import { values } from '../../../support/values.ts';

const device = useDevice();
const COUNT = 13;
const BIAS = -margin([0.5, 0.5, 0.5, 0.5]);
const images = values(COUNT * 4, 5).map((value) => 0.5 + value / 4);
const labels = Int32Array.from({ length: COUNT }, (_, i) =>
  Number(margin(images.subarray(4 * i, 4 * i + 4), BIAS) > 0),
);
const samples: Samples = { images, labels };
const seed = 3;

type Run = (classifier: Classifier, options: AttackOptions) => Promise<AttackOutcome>;

const attacks: readonly (readonly [string, Run])[] = [
  [
    'pgd',
    (c, o) => pgd.run(c, samples, { ...o, norm: 'inf', eps: 0.1, epsStep: 0.02, maxIter: 4, numRandomInit: 2, seed }),
  ],
  ['mifgsm', (c, o) => mifgsm.run(c, samples, { ...o, norm: '2', eps: 0.2, epsStep: 0.03, maxIter: 6, decay: 1 })],
  [
    'apgd',
    (c, o) =>
      apgdCrossEntropy.run(c, samples, {
        ...o,
        norm: 'inf',
        eps: 0.1,
        maxIter: 6,
        numRandomInit: 1,
        seed,
      }),
  ],
  [
    'hopskipjump',
    (c, o) => hopSkipJump.run(c, samples, { ...o, norm: '2', maxIter: 2, initEval: 5, maxEval: 9, initSize: 20, seed }),
  ],
  ['boundary', (c, o) => boundary.run(c, samples, { ...o, maxIter: 4, updateStatsEveryK: 2, seed })],
  ['sigma-zero', (c, o) => sigmaZero.run(c, samples, { ...o, maxIter: 4 })],
  ['brendel-bethge', (c, o) => brendelBethge.run(c, samples, { ...o, norm: '1', maxIter: 4, seed })],
  ['superdeepfool', (c, o) => superDeepFool.run(c, samples, { ...o, maxIter: 3, deepfoolIter: 1 })],
  ['pixel', (c, o) => pixelAttack.run(c, samples, { ...o, th: 1, es: 'de', maxIter: 1, seed })],
];

const withoutSeconds = ({ records }: AttackOutcome) =>
  records.map(({ cost: { seconds: _, runs: __, flops: ___, ...cost }, ...record }) => ({ ...record, cost }));

test.each(attacks)('%s goes on from every saved step to the same bits', async (_, run) => {
  const classifier = planeClassifier(device(), { bias: BIAS });
  const states: SavedAttack[] = [];
  const whole = await run(classifier, {
    batchSize: 9,
    onSave: async (take) => {
      // Through a copy, as a file would make it.
      states.push(structuredClone(await take()));
    },
  });
  expect(states.length).toBeGreaterThan(1);
  for (const resume of states) {
    const resumed = await run(planeClassifier(device(), { bias: BIAS }), { batchSize: 9, resume });
    expect(resumed.images).toEqual(whole.images);
    expect(withoutSeconds(resumed)).toEqual(withoutSeconds(whole));
  }
});

test('a saved state of other samples is refused', async () => {
  const classifier = planeClassifier(device(), { bias: BIAS });
  const resume = { finished: [], images: new Float32Array(4), found: { zero: 0, notFinite: 0, lost: 0 }, batch: null };
  await expect(attacks[0][1](classifier, { resume })).rejects.toThrow(
    new InputError('attack: the saved state is of an attack on other samples'),
  );
});

test.each([
  [{ maxGradients: 2 }, { gradients: 2, queries: 2 }],
  // The fifth query is the last step's of the first start, which needs no gradient; a second start begins with two.
  [{ maxQueries: 6 }, { gradients: 4, queries: 5 }],
] as const)('budget %o lets go of samples before it is overrun', async (budget, most) => {
  const { records } = await attacks[0][1](planeClassifier(device(), { bias: 50 + BIAS }), budget);
  const attacked = records.filter(({ misclassifiedBefore }) => !misclassifiedBefore);
  expect(attacked.length).toBeGreaterThan(0);
  for (const { cost, success } of attacked) {
    expect(cost).toMatchObject(most);
    expect(success).toBe(false);
  }
});

test('a budget of nothing is refused', async () => {
  await expect(attacks[0][1](planeClassifier(device()), { maxQueries: 0 })).rejects.toThrow(
    new InputError('attack: max_queries is 0; it must be above 0'),
  );
});

test('a budget that no step fits into is told', async () => {
  const classifier = planeClassifier(device(), { bias: BIAS });
  const { records, warnings } = await attacks[0][1](classifier, { maxQueries: 1 });
  expect(records.every(({ cost, success }) => cost.queries === 0 && !success)).toBe(true);
  expect(warnings).toEqual(['13 of 13 images were not attacked at all: a step costs more than their budget']);
});
