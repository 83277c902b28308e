import { type Device, deviceClock } from '../../../engine/index.ts';
import { initialWeights, release, resnet, upload } from '../../../models/index.ts';
import { createClassifier, noDefence } from '../../robustness/index.ts';
import { type Timed, timed } from './rounds.ts';

/** Fewer take so little time that its noise is that of the ratio to it, and leave cores without work that trainings and attacks use. */
const IMAGES = 64;

/**
 * The gradient of a small network's loss by a batch of images: what all times of a machine are compared to. It is of the kind that is
 * timed, so that what slows the one slows the other. It must never change.
 */
export function openReference(device: Device): Timed & { free(): void } {
  const model = resnet({ depth: 18, width: 16, stem: 'imagenet', inChannels: 1, classes: 10 });
  const weights = upload(device, model, initialWeights(model, 0));
  const classifier = createClassifier(device, model, weights, { shape: [1, 28, 28], defence: noDefence });
  const images = new Float32Array(IMAGES * 28 * 28).fill(0.5);
  const labels = new Int32Array(IMAGES);
  return {
    ...timed(deviceClock(device), () => classifier.lossGradient(images, labels)),
    free: () => {
      classifier.free();
      release(weights);
    },
  };
}
