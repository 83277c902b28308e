import { describe, expect, test } from 'vitest';
import { fgm } from '../../../../../src/analysis/robustness/attacks/gradient/fgm.ts';
import type { NormName } from '../../../../../src/analysis/robustness/norms.ts';
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

/** Dual norm of the slope: by how much a step of length 1 lowers the margin at best (L1 as ART takes it: along the gradient). */
const L1 = SLOPE.reduce((sum, value) => sum + Math.abs(value), 0);
const L2 = Math.hypot(...SLOPE);
const unit: Record<NormName, readonly number[]> = {
  inf: SLOPE.map(Math.sign),
  '1': SLOPE.map((value) => value / L1),
  '2': SLOPE.map((value) => value / L2),
};
const closely = { absolute: 2e-7, why: 'f32 operations on values up to 1' };

test('the plane is as the tests below take it', () => {
  expect(margins).toEqual([1, -0.75, 2.25, 1]);
  expect(right).toEqual([true, true, true, false]);
});

describe.each(['inf', '1', '2'] as const)('L%s', (norm) => {
  test('images move by eps along the known gradient, wrong ones stay', async () => {
    const eps = 0.125;
    const { images } = await fgm.run(planeClassifier(device(), { bias: BIAS }), samples, { norm, eps });
    const expected = rows.flatMap((row, i) => {
      const away = samples.labels[i] === 1 ? -eps : eps;
      return right[i] ? row.map((pixel, k) => pixel + away * unit[norm][k]) : row;
    });
    expectClose(images, expected, closely);
  });

  test('a sample falls exactly when eps outweighs its margin', async () => {
    const gain = SLOPE.reduce((sum, value, k) => sum + value * unit[norm][k], 0);
    for (const eps of [0.9, 1.1].map((factor) => (factor * 0.75) / gain)) {
      const { records, robustAccuracy } = await fgm.run(planeClassifier(device(), { bias: BIAS }), samples, {
        norm,
        eps,
      });
      const falls = margins.map((m, i) => right[i] && eps * gain > Math.abs(m));
      expect(records.map(({ success }) => success)).toEqual(falls);
      expect(records.map(({ firstStep }) => firstStep)).toEqual(falls.map((fell) => (fell ? 1 : null)));
      expect(robustAccuracy).toBe(falls.filter((fell, i) => right[i] && !fell).length / 4);
    }
  });
});

test('pixels are clipped to [0, 1], and distances are those of the clipped images', async () => {
  const { images, records } = await fgm.run(planeClassifier(device(), { bias: BIAS }), samples, {
    norm: 'inf',
    eps: 0.625,
  });
  expect(Array.from(images.subarray(0, 4))).toEqual([0, 1, 0, 0]);
  expect(records[0].distances).toEqual({ l0: 4, l1: 2, l2: 1, linf: 0.5 });
  expect(records[3].distances).toEqual({ l0: 0, l1: 0, l2: 0, linf: 0 });
});

test('records say what each sample cost: two queries and one gradient, nothing for one that was wrong before', async () => {
  const { records, cleanAccuracy } = await fgm.run(planeClassifier(device(), { bias: BIAS }), samples, {
    norm: 'inf',
    eps: 0.1,
  });
  expect(cleanAccuracy).toBe(0.75);
  for (const [i, { sample, label, misclassifiedBefore, cost }] of records.entries()) {
    expect([sample, label, misclassifiedBefore]).toEqual([i, samples.labels[i], i === 3]);
    expect([cost.queries, cost.gradients]).toEqual(i === 3 ? [0, 0] : [2, 1]);
    expect(cost.seconds > 0).toBe(i !== 3);
    // The three attacked samples share the step's time equally.
    expect(cost.seconds).toBe(i === 3 ? 0 : records[0].cost.seconds);
  }
});

test('eps 0 changes nothing', async () => {
  const { images, cleanAccuracy, robustAccuracy } = await fgm.run(planeClassifier(device(), { bias: BIAS }), samples, {
    norm: 'inf',
    eps: 0,
  });
  expect(images).toEqual(samples.images);
  expect(robustAccuracy).toBe(cleanAccuracy);
});

test('a success that rounding to 8 bits undoes is told apart', async () => {
  // One pixel decides, threshold at 0.5 + 1/512: from 128/255 down to just under it, where rounding leads back to 128/255.
  const bias = -(0.5 + 1 / 512);
  const classifier = planeClassifier(device(), { slope: [1, 0, 0, 0], bias });
  const attack = (eps: number) =>
    fgm.run(
      classifier,
      { images: Float32Array.of(128 / 255, 0, 0, 0), labels: Int32Array.of(1) },
      { norm: 'inf', eps },
    );
  // 128/255 = 0.50196 and the threshold 0.50195 are 1e-5 apart; half a grey level is 2e-3.
  const [weak, strong] = [(await attack(5e-4)).records[0], (await attack(3e-3)).records[0]];
  expect([weak.success, weak.successAfterRounding]).toEqual([true, false]);
  expect([strong.success, strong.successAfterRounding]).toEqual([true, true]);
});

describe('refuses', () => {
  test.each([
    [
      { norm: 'inf' as const, eps: 1.5 },
      'fgm: eps is 1.5; pixels lie in [0, 1], so it must be at least 0 and at most 1',
    ],
    [{ norm: '2' as const, eps: -1 }, 'fgm: eps is -1; pixels lie in [0, 1], so it must be at least 0'],
    [
      { norm: 'inf' as const, eps: Number.NaN },
      'fgm: eps is NaN; pixels lie in [0, 1], so it must be at least 0 and at most 1',
    ],
    [{ norm: 'inf' as const, eps: 0.1, batchSize: 0 }, 'attack: the batch size is 0; it must be a whole number from 1'],
  ])('%o', async (options, message) => {
    await expect(fgm.run(planeClassifier(device()), samples, options)).rejects.toThrow(new InputError(message));
  });

  test('pixels outside [0, 1]', async () => {
    const bytes = { images: Float32Array.of(0, 255, 0, 0), labels: Int32Array.of(0) };
    await expect(fgm.run(planeClassifier(device()), bytes, { norm: 'inf', eps: 0.1 })).rejects.toThrow(
      new InputError('attack: a pixel is 255; pixels must lie in [0, 1]'),
    );
  });
});

testAgainstReference(
  (['inf', '2', '1'] as const).map((norm) => {
    const { eps } = REFERENCE_BALLS[norm];
    return { name: `fgm.${norm}`, run: (classifier, samples) => fgm.run(classifier, samples, { norm, eps }) };
  }),
);
