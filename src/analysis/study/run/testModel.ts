import type { Device } from '../../../engine/index.ts';
import { type Dataset, evaluate, type Model, type Weights } from '../../../models/index.ts';
import type { TrainResult } from '../trial/trial.ts';
import type { TrialContext } from './machine.ts';
import { shapeOf } from './trialData.ts';

/** What the test split says of a model. */
interface Tested {
  readonly figures: Pick<TrainResult, 'accuracy' | 'testLoss' | 'calibrationError' | 'confusion'>;
  /** Seconds that an image takes. */
  readonly secondsPerSample: number;
}

/** Classifies the test split of a trial's data set. @throws InputError when it has no images */
export async function testModel(
  device: Device,
  model: Model,
  weights: Weights,
  dataset: Dataset,
  report: TrialContext['report'],
): Promise<Tested> {
  const { accuracy, loss, calibrationError, confusion, seconds } = await evaluate(
    device,
    model,
    weights,
    dataset.test,
    shapeOf(dataset),
    { onProgress: ({ done, total }) => report({ done, total, unit: 'images', note: 'test split' }) },
  );
  return {
    figures: { accuracy, testLoss: loss, calibrationError, confusion },
    secondsPerSample: seconds / dataset.test.count,
  };
}
