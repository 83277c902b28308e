import { expect, test } from 'vitest';
import { rays } from '../../../../../src/analysis/robustness/attacks/query/rays.ts';
import { useConvolutional } from '../../../../support/attackReference.ts';
import { useDevice } from '../../../../support/checkOp.ts';
import { margin, planeClassifier, SLOPE } from '../../../../support/linearClassifier.ts';
import { readQueryReference } from '../../../../support/queryReference.ts';

const device = useDevice();
const open = useConvolutional(device);

test('RayS on a plane ends at the nearest image in L∞, within what its search leaves', async () => {
  const images = Float32Array.of(0.5, 0.5, 0.5, 0.5, 0.4, 0.6, 0.5, 0.3);
  const labels = Int32Array.from([0, 1], (i) => Number(margin(images.subarray(4 * i, 4 * i + 4), -2.2) > 0));
  const outcome = await rays.run(planeClassifier(device(), { bias: -2.2 }), { images, labels }, { queryLimit: 120 });
  const steepness = SLOPE.reduce((sum, slope) => sum + Math.abs(slope), 0);
  outcome.records.forEach(({ distances, success }, i) => {
    const nearest = Math.abs(margin(images.subarray(4 * i, 4 * i + 4), -2.2)) / steepness;
    expect(success).toBe(true);
    // The search ends within 1e-3 in L2, half of that in L∞ with four pixels.
    expect(distances.linf - nearest).toBeGreaterThan(-1e-6);
    expect(distances.linf - nearest).toBeLessThan(5e-4 + 1e-6);
  });
});

test('RayS gives the distances of the authors’ program, image by image', async () => {
  const { samples, classifier } = await open(8);
  const { rays: reference } = await readQueryReference();
  const outcome = await rays.run(classifier, samples, { queryLimit: 1000 });
  outcome.records.forEach(({ distances }, i) => {
    expect(Math.abs(distances.linf - reference['1000'][i]), `image ${i}`).toBeLessThan(1e-3);
  });
});
