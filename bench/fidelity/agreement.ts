import { createClassifier, noDefence, pgd } from '../../src/analysis/robustness/index.ts';
import type { Device } from '../../src/engine/index.ts';
import {
  channelStatistics,
  classBalanced,
  type Dataset,
  download,
  labelsAt,
  type Precision,
  type ResNetOptions,
  release,
  resnet,
  splitDataset,
  toFloat,
  train,
  upload,
} from '../../src/models/index.ts';

/** How far an attack judges alike in different precisions: a small ResNet, trained in f32, whose copies are attacked with the same seed. */

const SEED = 0;
const TRAINING = {
  epochs: 4,
  batchSize: 100,
  learningRate: 0.05,
  momentum: 0.9,
  schedule: 'one-cycle',
  seed: SEED,
} as const;
const IMAGES = 4000;
/** A strength that breaks some of the images and not others. */
const ATTACK = { norm: 'inf', eps: 0.1, epsStep: 0.02, maxIter: 10, numRandomInit: 1, seed: SEED } as const;

const AGREEMENT_SAMPLES = 100;

/**
 * Which of the images PGD breaks, in each precision.
 * @param whole MNIST
 */
export async function pgdVerdicts(
  device: Device,
  whole: Dataset,
  precisions: readonly Precision[],
): Promise<ReadonlyMap<Precision, readonly boolean[]>> {
  const dataset = splitDataset(whole, { split: 'standard', train: IMAGES, test: null }, SEED);
  const { channels, height, width, classes } = dataset;
  const options: ResNetOptions = {
    depth: 18,
    width: 8,
    inChannels: channels,
    classes,
    normalisation: channelStatistics(dataset.train, channels),
  };
  const trained = await train(device, resnet(options), dataset, TRAINING);
  const weights = await download(trained.weights);
  release(trained.weights);
  const chosen = classBalanced(dataset.test.labels, classes, AGREEMENT_SAMPLES, SEED);
  const samples = { images: toFloat(dataset.test, chosen), labels: Int32Array.from(labelsAt(dataset.test, chosen)) };
  const verdicts = new Map<Precision, readonly boolean[]>();
  for (const precision of precisions) {
    const model = resnet({ ...options, precision });
    const uploaded = upload(device, model, weights);
    const classifier = createClassifier(device, model, uploaded, {
      shape: [channels, height, width],
      defence: noDefence,
    });
    const { records } = await pgd.run(classifier, samples, ATTACK);
    verdicts.set(
      precision,
      records.map(({ success }) => success),
    );
    classifier.free();
    release(uploaded);
  }
  return verdicts;
}

/** Share of verdicts that are the same. */
export const agreement = (a: readonly boolean[], b: readonly boolean[]): number =>
  a.filter((broken, i) => broken === b[i]).length / a.length;
