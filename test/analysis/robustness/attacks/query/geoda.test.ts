import { expect, test } from 'vitest';
import { estimates, geoda } from '../../../../../src/analysis/robustness/attacks/query/geoda.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { margin, planeClassifier, SLOPE } from '../../../../support/linearClassifier.ts';
import { readQueryReference } from '../../../../support/queryReference.ts';
import { expectAsStrong } from '../../../../support/sampling.ts';

const device = useDevice();
const open = useConvolutional(device);

/** How steep the margin is in the best direction of each norm: the dual norm of the slope. */
const STEEPNESS = {
  inf: SLOPE.reduce((sum, slope) => sum + Math.abs(slope), 0),
  '1': Math.max(...SLOPE.map(Math.abs)),
  '2': Math.hypot(...SLOPE),
};

test.each([
  ['inf', 'linf'],
  ['1', 'l1'],
  ['2', 'l2'],
] as const)('GeoDA on a plane ends at the nearest image in L%s', async (norm, distance) => {
  const images = Float32Array.of(0.5, 0.5, 0.5, 0.5, 0.4, 0.6, 0.5, 0.3);
  const labels = Int32Array.from([0, 1], (i) => Number(margin(images.subarray(4 * i, 4 * i + 4), -2.2) > 0));
  const outcome = await geoda.run(
    planeClassifier(device(), { bias: -2.2 }),
    { images, labels },
    { norm, maxIter: 600, seed: 1 },
  );
  outcome.records.forEach(({ distances }, i) => {
    const nearest = Math.abs(margin(images.subarray(4 * i, 4 * i + 4), -2.2)) / STEEPNESS[norm];
    expect(distances[distance]).toBeGreaterThan(nearest - 1e-6);
    // The mean of n signed points in d dimensions is off by about √(π d / 2n): 0.1 here, of which the distance feels half the square.
    expect(distances[distance]).toBeLessThan(nearest * 1.02);
  });
});

test('queries of the estimates are those of ART’s schedule', () => {
  // ART 1.20.1, GeoDA(max_iter=4000).q_opt_iter.
  expect(estimates(4000, 0.6)).toEqual([75, 105, 148, 208, 293, 411, 578, 813, 1143]);
});

test.each(['2', 'inf', '1'] as const)('GeoDA in L%s comes as near as ART’s with as many queries', async (norm) => {
  const { samples, classifier, total } = await open(8);
  const { geoda: reference } = await readQueryReference();
  const outcome = await geoda.run(classifier, samples, { norm, maxIter: 1000, seed: 1 });
  expectAsStrong(outcome, reference[`${norm}.0.0001`], total);
});
