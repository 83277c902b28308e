import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pgd } from '../../../../../src/analysis/robustness/attacks/gradient/pgd.ts';
import { ddn } from '../../../../../src/analysis/robustness/attacks/minimum/ddn.ts';
import { InputError } from '../../../../../src/base/errors.ts';
import { summary, useConvolutional } from '../../../../support/attackReference.ts';
import { expectClose, useDevice } from '../../../../support/checkOp.ts';
import { margin, planeClassifier, SLOPE } from '../../../../support/linearClassifier.ts';

const device = useDevice();
const open = useConvolutional(device);

interface Reference {
  readonly bias: number;
  readonly images: readonly number[];
  readonly labels: readonly number[];
  readonly runs: readonly {
    readonly maxIter: number;
    readonly initEpsilon: number;
    readonly gamma: number;
    readonly quantise: boolean;
    readonly images: readonly number[];
  }[];
}

// The published algorithm in NumPy and float64, which Foolbox agrees with: test/fixtures/attacks/ddn.py.
const reference: Reference = JSON.parse(readFileSync('test/fixtures/attacks/ddn.json', 'utf8'));
const samples = { images: Float32Array.from(reference.images), labels: Int32Array.from(reference.labels) };

describe('on a plane', () => {
  test.each(reference.runs)(
    'it ends where the published algorithm does: $maxIter steps, first norm $initEpsilon, gamma $gamma, quantised $quantise',
    async ({ images, ...settings }) => {
      const outcome = await ddn.run(planeClassifier(device(), { bias: reference.bias }), samples, settings);
      expect(outcome.robustAccuracy).toBe(0);
      expectClose(outcome.images, images, { absolute: 6e-6, why: 'up to 100 steps, each rounded to f32 below 1' });
    },
  );

  test('it comes within a hundredth of the nearest point across, and no nearer', async () => {
    const classifier = planeClassifier(device(), { bias: reference.bias });
    const { records } = await ddn.run(classifier, samples, { quantise: false });
    records.forEach(({ distances, cost }, i) => {
      const nearest = Math.abs(margin(reference.images.slice(4 * i, 4 * i + 4), reference.bias)) / Math.hypot(...SLOPE);
      // Sums of four f32 products.
      expect(distances.l2).toBeGreaterThanOrEqual(nearest - 1e-6);
      expect(distances.l2).toBeLessThanOrEqual(nearest * 1.01);
      // The first step looks at the original, and one pays until it is broken.
      expect(cost.gradients).toBe(cost.queries);
      expect(cost.gradients).toBeGreaterThan(1);
    });
  });
});

describe('on a network', () => {
  test('no farther in the middle than a long Carlini-Wagner of Foolbox, and what it finds is there in 8 bits', async () => {
    const { samples: all, classifier, rate } = await open();
    const outcome = await ddn.run(classifier, all);
    expect(summary(outcome, 'l2').successes).toBe(all.labels.length);
    expect(summary(outcome, 'l2').medianDistance).toBeLessThanOrEqual(
      rate('carlini.2.foolbox').medianDistance as number,
    );
    for (const { success, successAfterRounding } of outcome.records) expect(successAfterRounding).toBe(success);
  });

  test('in the middle no farther than a search of PGD over twelve balls, of 40 steps in each, and found where that finds nothing', async () => {
    const { samples: few, classifier } = await open(20);
    const { records } = await ddn.run(classifier, few, { quantise: false });
    const least = new Float64Array(20).fill(Number.POSITIVE_INFINITY);
    for (let eps = 0.1; eps < 1.25; eps += 0.1) {
      const settings = { norm: '2', eps, epsStep: eps / 10, maxIter: 40, numRandomInit: 0 } as const;
      const attacked = await pgd.run(classifier, few, settings);
      attacked.records.forEach(({ success, distances }, i) => {
        if (success) least[i] = Math.min(least[i], distances.l2);
      });
    }
    const median = (values: Iterable<number>) => [...values].sort((a, b) => a - b)[10];
    expect(median(least)).toBeLessThan(1.25);
    expect(median(records.map(({ distances }) => distances.l2))).toBeLessThanOrEqual(median(least));
    expect(records.every(({ success }) => success)).toBe(true);
  });
});

test.each([
  [{ gamma: 1 }, 'ddn: gamma is 1; it must be above 0 and below 1'],
  [{ initEpsilon: 0 }, 'ddn: init_epsilon is 0; it must be above 0'],
  [{ maxIter: 0 }, 'ddn: max_iter is 0; it must be a whole number from 1'],
])('%o is refused', async (settings, message) => {
  await expect(ddn.run(planeClassifier(device()), samples, settings)).rejects.toThrow(new InputError(message));
});
