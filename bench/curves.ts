import type { Device } from '../src/engine/index.ts';
import {
  channelStatistics,
  type Dataset,
  type DatasetName,
  evaluate,
  release,
  resnet,
  splitDataset,
  type TrainingSpec,
  train,
} from '../src/models/index.ts';
import type { Curve } from './result.ts';

/** A whole training whose accuracy and time are worth knowing: ResNet-18 of width 16, 7×7 stem, one-cycle schedule. */
export interface ReferenceTraining extends Required<Pick<TrainingSpec, 'augment' | 'padding'>> {
  readonly name: DatasetName;
  readonly description: string;
  readonly epochs: number;
  /** Images of the training split. */
  readonly images: number;
}

export const referenceTrainings: readonly ReferenceTraining[] = [
  {
    name: 'mnist',
    description: 'ResNet-18 of width 16 on 10,000 images of MNIST, 24 epochs',
    epochs: 24,
    images: 10_000,
    augment: 'crop',
    padding: 2,
  },
  {
    name: 'cifar10',
    description: 'ResNet-18 of width 16 on 20,000 images of CIFAR-10, 50 epochs',
    epochs: 50,
    images: 20_000,
    augment: 'crop-flip',
    padding: 4,
  },
];

const SEED = 0;

/** Trains from the beginning to the end, and tests on the whole test split. */
export async function trainCurve(
  device: Device,
  whole: Dataset,
  { name, epochs, images, augment, padding }: ReferenceTraining,
  onEpoch: (epoch: Curve['epochs'][number]) => void,
): Promise<Curve> {
  const dataset = splitDataset(whole, { split: 'standard', train: images, test: null }, SEED);
  const { channels, height, width, classes } = dataset;
  const model = resnet({
    depth: 18,
    width: 16,
    stem: 'imagenet',
    inChannels: channels,
    classes,
    normalisation: channelStatistics(dataset.train, channels),
  });
  const began = performance.now();
  const secondsSoFar = () => (performance.now() - began) / 1000;
  const reports: Curve['epochs'][number][] = [];
  const trained = await train(device, model, dataset, {
    epochs,
    batchSize: 64,
    learningRate: 0.1,
    schedule: 'one-cycle',
    momentum: 0.9,
    weightDecay: 5e-4,
    labelSmoothing: 0.1,
    augment,
    padding,
    seed: SEED,
    onEpoch: ({ epoch, loss, accuracy }) => {
      reports.push({ epoch, loss, accuracy, seconds: secondsSoFar() });
      onEpoch(reports[reports.length - 1]);
    },
  });
  try {
    const { accuracy } = await evaluate(device, model, trained.weights, dataset.test, [channels, height, width]);
    return { workload: name, epochs: reports, testAccuracy: accuracy, seconds: secondsSoFar() };
  } finally {
    release(trained.weights);
  }
}
