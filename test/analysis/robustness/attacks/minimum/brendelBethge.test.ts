import { expect, test } from 'vitest';
import { brendelBethge } from '../../../../../src/analysis/robustness/attacks/minimum/brendelBethge.ts';
import { InputError } from '../../../../../src/base/errors.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { margin, planeClassifier, SLOPE } from '../../../../support/linearClassifier.ts';
import { foundBy, quartiles, STEPS, useMinimum } from '../../../../support/minimumReference.ts';

const device = useDevice();
const open = useMinimum(device);

const BIAS = -2.25;
const samples = { images: Float32Array.of(0.5, 0.5, 0.5, 0.5, 0.6, 0.5, 0.5, 0.6), labels: Int32Array.of(1, 1) };

/** How steep the margin is in the best direction of each norm: the dual norm of the slope. One pixel of the steepest suffices here. */
const STEEPNESS = {
  '2': Math.hypot(...SLOPE),
  '1': Math.max(...SLOPE.map(Math.abs)),
  inf: SLOPE.reduce((sum, slope) => sum + Math.abs(slope), 0),
};

test.each([
  ['2', 'l2'],
  ['1', 'l1'],
  ['inf', 'linf'],
] as const)('on a plane it ends at the nearest image in L%s', async (norm, distance) => {
  const { records } = await brendelBethge.run(planeClassifier(device(), { bias: BIAS }), samples, {
    norm,
    maxIter: 40,
  });
  records.forEach(({ distances, success }, i) => {
    const nearest = margin([...samples.images.slice(4 * i, 4 * i + 4)], BIAS) / STEEPNESS[norm];
    expect(success).toBe(true);
    // Sums of f32 products; and steps meet the border to a thousandth of how far they are from it.
    expect(distances[distance]).toBeGreaterThan(nearest - 1e-6);
    expect(distances[distance]).toBeLessThan(nearest * 1.002);
  });
});

test('on a plane it changes one pixel in L0', async () => {
  const classifier = planeClassifier(device(), { bias: BIAS });
  const { records } = await brendelBethge.run(classifier, samples, { norm: '0', maxIter: 40 });
  expect(records.map(({ distances }) => distances.l0)).toEqual([1, 1]);
});

/** Samples of about a hundred whose distances minimum.json has. */
const COUNT = 16;

test.each([
  { norm: '2', distance: 'l2', network: 'convolutional' },
  { norm: '2', distance: 'l2', network: 'robust' },
  { norm: 'inf', distance: 'linf', network: 'convolutional' },
  { norm: '1', distance: 'l1', network: 'convolutional' },
  { norm: '0', distance: 'l0', network: 'convolutional' },
] as const)(
  'in L$norm on the $network network its quartiles are no farther than those of Foolbox 3.3.4',
  async ({ norm, distance, network }) => {
    const { samples: attacked, classifier, distances } = await open(network, COUNT);
    const outcome = await brendelBethge.run(classifier, attacked, { norm, maxIter: STEPS, seed: 1 });
    const [ours, theirs] = [foundBy(outcome, distance), distances(`brendel-bethge.${norm}`)];
    expect(ours).not.toContain(null);
    quartiles(ours).forEach((quartile, i) => {
      // Both begin at random: seeds of ours differ by up to a tenth in a quartile of so few samples, and by a place.
      expect(quartile).toBeLessThanOrEqual(quartiles(theirs)[i] * 1.1 + (norm === '0' ? 1 : 0));
    });
  },
);

test.each([
  [{ trustRegion: 0 }, 'brendel-bethge: trust_region is 0; it must be above 0'],
  [{ overshoot: 3 }, 'brendel-bethge: overshoot is 3; it must be at least 1 and at most 2'],
])('%o is refused', async (settings, message) => {
  await expect(brendelBethge.run(planeClassifier(device()), samples, settings)).rejects.toThrow(
    new InputError(message),
  );
});
