import { expect, test } from 'vitest';
import { noDefence, none } from '../../../../src/analysis/robustness/defences/none.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { margin, planeClassifier } from '../../../support/linearClassifier.ts';

const device = useDevice();

test('leaves images, training and answers as they are', async () => {
  expect(none.acts).toBe('prediction');
  expect(noDefence).toEqual({ name: 'none', differentiable: true, random: false });
  const image = Float32Array.of(0.5, 0.25, 1, 0.125);
  const classifier = planeClassifier(device(), { bias: 0.5, defence: noDefence });
  // The plane's own logits: minus and plus half of the margin; all of its numbers are exact in f32.
  const half = margin(image, 0.5) / 2;
  expect(Array.from(await classifier.logits(image))).toEqual([-half, half]);
  classifier.free();
});
