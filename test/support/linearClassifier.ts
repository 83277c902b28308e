import { type Classifier, createClassifier } from '../../src/analysis/robustness/classifier/classifier.ts';
import type { Defence } from '../../src/analysis/robustness/defences/defence.ts';
import { noDefence } from '../../src/analysis/robustness/defences/none.ts';
import type { Device } from '../../src/engine/device/device.ts';
import { upload } from '../../src/models/network/weights.ts';
import { linearModel, linearWeights } from './linearModel.ts';

/**
 * Two classes that a plane divides: the model says 1 where `slope` · x + bias > 0, and 0 elsewhere. The gradient of the loss is
 * along ± slope everywhere, so the best attack is known.
 */
export const SLOPE = [2, -1, 0.5, 4];
export const SHAPE = [1, 2, 2] as const;

export function planeClassifier(
  device: Device,
  {
    slope = SLOPE,
    bias = 0,
    defence = noDefence,
  }: { slope?: readonly number[]; bias?: number; defence?: Defence } = {},
): Classifier {
  const model = linearModel(SHAPE, 2);
  const weights = linearWeights(
    [...slope.map((value) => -value / 2), ...slope.map((value) => value / 2)],
    [-bias / 2, bias / 2],
  );
  return createClassifier(device, model, upload(device, model, weights), { shape: SHAPE, defence });
}

/** slope · x + bias in float64. */
export const margin = (x: ArrayLike<number>, bias = 0) => SLOPE.reduce((sum, value, i) => sum + value * x[i], bias);
