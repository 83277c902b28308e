import { expect, test } from 'vitest';
import { highConfidence } from '../../../../src/analysis/robustness/defences/highConfidence.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { expectClose, useDevice } from '../../../support/checkOp.ts';
import { margin, planeClassifier } from '../../../support/linearClassifier.ts';

const device = useDevice();

test('probabilities below the cutoff are told as 0', async () => {
  const images = Float32Array.of(0.5, 0.25, 0, 1, 0, 1, 0.5, 0, 0.1, 0, 0, 0);
  const rows = [0, 1, 2].map((i) => Array.from(images.subarray(4 * i, 4 * i + 4)));
  // A logistic function in float64: the two logits differ by the margin.
  const told = rows.flatMap((row) => {
    const p = 1 / (1 + Math.exp(-margin(row)));
    return [1 - p, p].map((each) => (each < 0.6 ? 0 : each));
  });
  expect(told.filter((each) => each === 0).length).toBe(4);
  const classifier = planeClassifier(device(), { defence: highConfidence.make({ cutoff: 0.6 }) });
  expectClose(await classifier.logits(images), told, { absolute: 1e-6, why: 'a softmax in f32' });
});

test.each([0, 1, Number.NaN])('refuses a cutoff of %d', (cutoff) => {
  expect(() => highConfidence.make({ cutoff })).toThrow(
    new InputError(`high-confidence: cutoff is ${cutoff}; it must be above 0 and below 1`),
  );
});
