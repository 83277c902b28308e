import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { evaluate } from '../../../src/models/evaluation/evaluate.ts';
import { upload } from '../../../src/models/network/weights.ts';
import { useDevice } from '../../support/checkOp.ts';
import { linearModel, linearWeights } from '../../support/linearModel.ts';

const device = useDevice();
const shape = [1, 1, 2] as const;
const model = linearModel(shape, 2);
// The first logit is the first pixel, the second one the second pixel.
const weights = () => upload(device(), model, linearWeights([1, 0, 0, 1], [0, 0]));

// Seven images: the brighter pixel says the class, but the label of the last one is wrong.
const split = {
  images: Uint8Array.of(255, 0, 0, 255, 255, 51, 0, 51, 102, 0, 0, 102, 255, 0),
  labels: Uint8Array.of(0, 1, 0, 1, 0, 1, 1),
  count: 7,
};

/** Mean of log(1 + exp(wrong logit - right logit)), in float64. */
const expectedLoss = () => {
  const margins = [255, 255, 204, 51, 102, 102, -255].map((bytes) => bytes / 255);
  return margins.reduce((sum, margin) => sum + Math.log1p(Math.exp(-margin)), 0) / margins.length;
};

test.each([3, 7, 250])('accuracy, loss and predictions do not depend on the batch size, %i', async (batchSize) => {
  const result = await evaluate(device(), model, weights(), split, shape, { batchSize });
  expect(Array.from(result.predictions)).toEqual([0, 1, 0, 1, 0, 1, 0]);
  expect(result.accuracy).toBe(6 / 7);
  // Each loss is a handful of f32 operations on values around 1.
  expect(result.loss).toBeCloseTo(expectedLoss(), 6);
});

test('confidences, calibration and accuracies by class', async () => {
  const result = await evaluate(device(), model, weights(), split, shape, { batchSize: 4 });
  // Softmax of two logits in float64; the brighter pixel leads by these bytes.
  const expected = [255, 255, 204, 51, 102, 102, 255].map((bytes) => 1 / (1 + Math.exp(-bytes / 255)));
  result.confidences.forEach((confidence, i) => {
    expect(confidence).toBeCloseTo(expected[i], 6);
  });
  // Bins of 1/15: .73 (three, the last one wrong) and .69 in one, .60 (two) and .55 in another.
  const gap = Math.abs(3 - (3 * expected[0] + expected[2])) + (2 - 2 * expected[4]) + (1 - expected[3]);
  expect(result.calibrationError).toBeCloseTo(gap / 7, 6);
  expect(result.confusion).toEqual([
    [3, 0],
    [1, 3],
  ]);
  expect(result.classAccuracies).toEqual([1, 3 / 4]);
});

test('operations are those of the images, not of what fills up the last batch', async () => {
  const whole = await evaluate(device(), model, weights(), split, shape, { batchSize: 7 });
  const filled = await evaluate(device(), model, weights(), split, shape, { batchSize: 4 });
  // The scalar part of a batch's cost is the same for every batch size.
  expect(filled.flops / whole.flops).toBeCloseTo(1, 1);
});

describe('refuses', () => {
  test('a split without images', async () => {
    const empty = { images: new Uint8Array(0), labels: new Uint8Array(0), count: 0 };
    await expect(evaluate(device(), model, weights(), empty, shape)).rejects.toThrow(
      new InputError('evaluation: there are no images'),
    );
  });

  test('a batch size of zero', async () => {
    await expect(evaluate(device(), model, weights(), split, shape, { batchSize: 0 })).rejects.toThrow(
      new InputError('evaluation: the batch size is 0; it must be a whole number from 1'),
    );
  });
});
