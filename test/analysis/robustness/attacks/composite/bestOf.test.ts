import { expect, test } from 'vitest';
import { bestOf, type ChosenAttack } from '../../../../../src/analysis/robustness/attacks/composite/bestOf.ts';
import { completeSettings } from '../../../../../src/analysis/robustness/attacks/defineAttack.ts';
import { fgm } from '../../../../../src/analysis/robustness/attacks/gradient/fgm.ts';
import { deepFool } from '../../../../../src/analysis/robustness/attacks/minimum/deepFool.ts';
import { randomNoise } from '../../../../../src/analysis/robustness/attacks/randomNoise.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { margin, planeClassifier, SLOPE } from '../../../../support/linearClassifier.ts';

const device = useDevice();
const BIAS = -2;

/** Images at 0.04, 0.08, … 0.32 from the border of the plane, along its normal from the middle of the pixel range. */
function atDistances() {
  const length = Math.hypot(...SLOPE);
  const centre = [0.5, 0.5, 0.5, 0.5];
  const distances = Array.from({ length: 8 }, (_, i) => 0.04 * (i + 1));
  const images = distances.flatMap((distance) => {
    const along = (distance * length - margin(centre, BIAS)) / length ** 2;
    return centre.map((value, k) => value + along * SLOPE[k]);
  });
  return { distances, samples: { images: Float32Array.from(images), labels: new Int32Array(8).fill(1) } };
}

const noise: ChosenAttack = {
  name: 'random-noise',
  settings: completeSettings(randomNoise, { norm: '2', eps: 0.18, maxIter: 3 }),
};
const gradient: ChosenAttack = { name: 'fgm', settings: completeSettings(fgm, { norm: '2', eps: 0.18 }) };
const nearest: ChosenAttack = { name: 'deepfool', settings: completeSettings(deepFool, {}) };

test('each attack is given what withstood those before, and an image has one record', async () => {
  const { distances, samples } = atDistances();
  const classifier = planeClassifier(device(), { bias: BIAS });
  const alone = await randomNoise.run(classifier, samples, { norm: '2', eps: 0.18, maxIter: 3 });
  const both = await bestOf(classifier, samples, [noise, gradient]);
  // The gradient of a plane leads straight to it: what lies nearer than ε is broken, and nothing else can be.
  expect(both.records.map(({ success }) => success)).toEqual(distances.map((distance) => distance < 0.18));
  expect(both.records.map(({ sample }) => sample)).toEqual(distances.map((_, i) => i));
  both.records.forEach(({ success, cost }, i) => {
    const byNoise = alone.records[i].success;
    expect(both.brokenBy[i], `image ${i}`).toBe(byNoise ? 'random-noise' : success ? 'fgm' : null);
    // Noise asks once for each of its 3 points until one is misclassified, and FGM takes one gradient.
    expect(cost.gradients, `image ${i}`).toBe(byNoise ? 0 : 1);
    expect(cost.queries, `image ${i}`).toBeGreaterThanOrEqual(alone.records[i].cost.queries + (byNoise ? 0 : 1));
  });
  expect(new Set(both.brokenBy)).toEqual(new Set(['random-noise', 'fgm', null]));
  const limited = await bestOf(classifier, samples, [noise, gradient], { maxQueries: 3 });
  for (const { cost } of limited.records) expect(cost.queries).toBeLessThanOrEqual(3);
  classifier.free();
});

test('the nearest adversarial image counts within the distance of the others, and at any where none has one', async () => {
  const { distances, samples } = atDistances();
  const classifier = planeClassifier(device(), { bias: BIAS });
  const within = await bestOf(classifier, samples, [nearest, gradient]);
  expect(within.brokenBy).toEqual(distances.map((distance) => (distance < 0.18 ? 'deepfool' : null)));
  const anywhere = await bestOf(classifier, samples, [nearest, nearest]);
  expect(anywhere.robustAccuracy).toBe(0);
  classifier.free();
});

test('attacks of several norms or distances are refused', async () => {
  const { samples } = atDistances();
  const classifier = planeClassifier(device(), { bias: BIAS });
  const other = (given: object): ChosenAttack => ({ name: 'fgm', settings: completeSettings(fgm, given) });
  await expect(bestOf(classifier, samples, [nearest, other({ norm: 'inf', eps: 0.2 })])).rejects.toThrow(
    /^best-of: the attacks measure in norms 2 and inf; one norm must hold for all$/,
  );
  await expect(bestOf(classifier, samples, [gradient, other({ norm: '2', eps: 0.1 })])).rejects.toThrow(
    /^best-of: the attacks go as far as 0.18 and 0.1; one distance must hold for all$/,
  );
  classifier.free();
});
