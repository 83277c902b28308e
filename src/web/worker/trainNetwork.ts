import {
  buildNetwork,
  channelStatistics,
  download,
  evaluate,
  type NetworkOptions,
  type Precision,
  release,
  splitDataset,
  train,
} from '../../models/index.ts';
import { digits } from './digits.ts';
import { keepTrained } from './networks.ts';
import { pageDevice } from './pageDevice.ts';
import type { TaskContext } from './taskContext.ts';

export interface TrainRequest {
  readonly precision: Precision;
  readonly images: number;
  readonly epochs: number;
  readonly learningRate: number;
}

/** Where a training is. */
export interface TrainStep {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
}

/** What a training came to, on the test images. */
export interface TrainOutcome {
  readonly accuracy: number;
  readonly seconds: number;
  readonly interrupted: boolean;
}

const BATCH = 64;

/** Trains a CNN of few channels on digits of MNIST, from weights that are drawn. */
export async function trainNetwork(
  { precision, images, epochs, learningRate }: TrainRequest,
  { tell, signal }: TaskContext<TrainStep>,
): Promise<TrainOutcome> {
  const device = await pageDevice();
  const whole = await digits();
  const dataset = splitDataset(whole, { split: 'standard', train: images, test: whole.test.count }, 0);
  const options = (computed: Precision): NetworkOptions => ({
    family: 'cnn',
    width: 8,
    hidden: 32,
    precision: computed,
    inChannels: 1,
    classes: 10,
    imageSize: [28, 28],
    normalisation: channelStatistics(dataset.train, 1),
  });
  const model = buildNetwork(options(precision));
  const { weights, seconds, outcome } = await train(device, model, dataset, {
    epochs,
    batchSize: BATCH,
    learningRate,
    seed: 0,
    signal,
    // Trainings that may pause are looked at more often: a short one has a curve, too.
    onPause: async () => {},
    onProgress: ({ step, steps, loss, accuracy, imagesPerSecond }) =>
      tell({ step, steps, loss, accuracy, imagesPerSecond }),
  });
  try {
    const { accuracy } = await evaluate(device, model, weights, dataset.test, [1, 28, 28]);
    const host = await download(weights);
    keepTrained((computed) => ({ model: buildNetwork(options(computed)), weights: host, shape: [1, 28, 28] }));
    return { accuracy, seconds, interrupted: outcome === 'interrupted' };
  } finally {
    release(weights);
  }
}
