import { type Classifier, createClassifier, noDefence } from '../../analysis/robustness/index.ts';
import type { Device } from '../../engine/index.ts';
import { type Precision, release, upload } from '../../models/index.ts';
import { type NetworkSource, readNetwork } from './networks.ts';

/** Lends classifiers of a network to a task; weights and executables are given back after it, however it ends. */
export async function withClassifiers<T>(
  device: Device,
  source: NetworkSource,
  precision: Precision,
  task: (attacked: Classifier, shown: Classifier) => Promise<T>,
): Promise<T> {
  const { model, weights: host, shape } = await readNetwork(source, precision);
  const weights = upload(device, model, host);
  const classifier = () => createClassifier(device, model, weights, { shape, defence: noDefence });
  // What is asked for the page's sake is counted apart from what the attack asks.
  const [attacked, shown] = [classifier(), classifier()];
  try {
    return await task(attacked, shown);
  } finally {
    attacked.free();
    shown.free();
    release(weights);
  }
}
