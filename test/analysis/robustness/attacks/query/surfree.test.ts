import { expect, test } from 'vitest';
import { surfree } from '../../../../../src/analysis/robustness/attacks/query/surfree.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { margin, planeClassifier, SLOPE } from '../../../../support/linearClassifier.ts';
import { readQueryReference } from '../../../../support/queryReference.ts';
import { expectAsStrong } from '../../../../support/sampling.ts';

const device = useDevice();
const open = useConvolutional(device);

test('SurFree comes as near as the authors’ in as many steps', async () => {
  const { samples, classifier, total } = await open(12);
  const { surfree: reference } = await readQueryReference();
  const outcome = await surfree.run(classifier, samples, { maxIter: 20, seed: 1 });
  expectAsStrong(outcome, reference['20'], total);
});

test('SurFree on a plane ends at the nearest image, from a black one, too, and where directions run out', async () => {
  const images = Float32Array.of(0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0);
  const labels = Int32Array.from([0, 0]);
  const outcome = await surfree.run(
    planeClassifier(device(), { bias: -3 }),
    { images, labels },
    { queryLimit: 400, seed: 1 },
  );
  // Of the black image's nearest point one pixel would be below 0: the nearest in the box moves the others.
  const free = SLOPE.map((slope, i) => (i === 1 ? 0 : slope));
  const nearest = [Math.abs(margin([0.5, 0.5, 0.5, 0.5], -3)) / Math.hypot(...SLOPE), 3 / Math.hypot(...free)];
  outcome.records.forEach(({ distances }, i) => {
    expect(distances.l2).toBeGreaterThan(nearest[i] - 1e-6);
    // A search for an angle ends within 0.01 of its cosine, and with it the distance.
    expect(distances.l2).toBeLessThan(nearest[i] * 1.02);
  });
});
