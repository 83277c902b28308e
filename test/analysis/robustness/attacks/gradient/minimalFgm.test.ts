import { expect, test } from 'vitest';
import { minimalFgm } from '../../../../../src/analysis/robustness/attacks/gradient/minimalFgm.ts';
import { InputError } from '../../../../../src/base/errors.ts';
import { expectClose, useDevice } from '../../../../support/checkOp.ts';
import { REFERENCE_BALLS, testAgainstReference } from '../../../../support/deterministicAttack.ts';
import { margin, planeClassifier, SLOPE } from '../../../../support/linearClassifier.ts';

const device = useDevice();

// Around the middle of the pixel range; true classes are the plane's, the last label excepted.
const rows = [
  [0.5, 0.5, 0.5, 0.5],
  [0.25, 0.75, 0.5, 0.25],
  [0.5, 0.25, 0.5, 0.75],
  [0.5, 0.5, 0.5, 0.5],
];
const BIAS = -1.75;
const margins = rows.map((row) => margin(row, BIAS));
const samples = {
  images: Float32Array.from(rows.flat()),
  labels: Int32Array.of(1, 0, 1, 0),
};
const right = margins.map((m, i) => Number(m > 0) === samples.labels[i]);

test('the first of the tried lengths that succeeds, with one gradient', async () => {
  const epsStep = 1 / 32;
  const { records, images } = await minimalFgm.run(planeClassifier(device(), { bias: BIAS }), samples, {
    norm: 'inf',
    eps: 0.125,
    epsStep,
  });
  // The margin 1 falls by 7.5 · length (L1 norm of the slope): 1 / (7.5 / 32) = 4.27 steps are more than there are.
  expect(records.map(({ firstStep }) => firstStep)).toEqual([null, 4, null, null]);
  expect(records.map(({ cost }) => [cost.queries, cost.gradients])).toEqual([
    [5, 1],
    [5, 1],
    [5, 1],
    [0, 0],
  ]);
  const expected = rows.flatMap((row, i) => {
    const away = samples.labels[i] === 1 ? -0.125 : 0.125;
    return right[i] ? row.map((pixel, k) => pixel + away * Math.sign(SLOPE[k])) : row;
  });
  expectClose(images, expected, {
    absolute: 2e-7,
    why: 'f32 operations on values up to 1',
  });
});

test('a broken sample keeps its image and pays no more', async () => {
  const { records, images } = await minimalFgm.run(planeClassifier(device(), { bias: BIAS }), samples, {
    norm: 'inf',
    eps: 0.5,
    epsStep: 1 / 16,
  });
  // Margins 1, 0.75 and 2.25 over 7.5 / 16 a step.
  expect(records.map(({ firstStep }) => firstStep)).toEqual([3, 2, 5, null]);
  expect(records.map(({ cost }) => cost.queries)).toEqual([4, 3, 6, 0]);
  expect(records.map(({ distances }) => distances.linf)).toEqual([3 / 16, 2 / 16, 5 / 16, 0]);
  expect(Array.from(images.subarray(0, 4))).toEqual(rows[0].map((pixel, k) => pixel - (3 / 16) * Math.sign(SLOPE[k])));
  expect(records[2].cost.seconds).toBeGreaterThan(records[1].cost.seconds);
});

test.each([0, 0.2])('a step of %d is refused where eps is 0.1', async (epsStep) => {
  await expect(minimalFgm.run(planeClassifier(device()), samples, { eps: 0.1, epsStep })).rejects.toThrow(
    new InputError(`fgm-minimal: eps_step is ${epsStep}; it must be above 0 and at most eps, 0.1`),
  );
});

testAgainstReference(
  (['inf', '2', '1'] as const).map((norm) => {
    const { eps } = REFERENCE_BALLS[norm];
    const settings = { norm, eps: 4 * eps, epsStep: eps / 4 };
    return { name: `fgm.minimal.${norm}`, run: (classifier, samples) => minimalFgm.run(classifier, samples, settings) };
  }),
);
