import type { Device } from '../../../engine/device.ts';
import { resnet } from '../../../models/resnet.ts';
import { initialWeights, release, upload } from '../../../models/weights.ts';
import { createClassifier } from '../../classifier.ts';
import { noDefence } from '../../defences/defence.ts';
import type { Timed } from './rounds.ts';

/** A small network that answers about a batch of images: what all times of a machine are compared to. It must never change. */
export function openReference(device: Device): Timed & { free(): void } {
  const model = resnet({ depth: 18, width: 8, stem: 'cifar', inChannels: 3, classes: 10 });
  const weights = upload(device, model, initialWeights(model, 0));
  const classifier = createClassifier(device, model, weights, { shape: [3, 32, 32], defence: noDefence });
  const images = new Float32Array(8 * 3 * 32 * 32).fill(0.5);
  return {
    time: async () => {
      const began = performance.now();
      await classifier.logits(images);
      return (performance.now() - began) / 1000;
    },
    free: () => {
      classifier.free();
      release(weights);
    },
  };
}
