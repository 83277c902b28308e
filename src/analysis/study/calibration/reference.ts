import { deviceClock } from '../../../engine/clock.ts';
import type { Device } from '../../../engine/device.ts';
import { resnet } from '../../../models/resnet.ts';
import { initialWeights, release, upload } from '../../../models/weights.ts';
import { createClassifier } from '../../classifier.ts';
import { noDefence } from '../../defences/defence.ts';
import { type Timed, timed } from './rounds.ts';

/** Fewer take so little time that its noise is that of the ratio to it. */
const IMAGES = 32;

/** A small network that answers about a batch of images: what all times of a machine are compared to. It must never change. */
export function openReference(device: Device): Timed & { free(): void } {
  const model = resnet({ depth: 18, width: 8, stem: 'cifar', inChannels: 3, classes: 10 });
  const weights = upload(device, model, initialWeights(model, 0));
  const classifier = createClassifier(device, model, weights, { shape: [3, 32, 32], defence: noDefence });
  const images = new Float32Array(IMAGES * 3 * 32 * 32).fill(0.5);
  return {
    ...timed(deviceClock(device), () => classifier.logits(images)),
    free: () => {
      classifier.free();
      release(weights);
    },
  };
}
