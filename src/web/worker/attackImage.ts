import {
  type AttackName,
  type AttackRecord,
  type AttackSettings,
  runNamed,
  type Samples,
} from '../../analysis/robustness/index.ts';
import type { Precision } from '../../models/index.ts';
import { withClassifiers } from './classifiers.ts';
import type { NetworkSource } from './networks.ts';
import { pageDevice } from './pageDevice.ts';
import type { TaskContext } from './taskContext.ts';

/** An attack as the page asks for it. */
export interface AttackRequest {
  readonly network: NetworkSource;
  readonly precision: Precision;
  readonly attack: AttackName;
  readonly settings: AttackSettings;
}

export interface ImageRequest extends AttackRequest {
  /** [C · H · W], pixels in [0, 1]. */
  readonly image: Float32Array;
  /** The true class; null: whatever the network answers counts as true. */
  readonly label: number | null;
}

/** Where an attack on an image is after a step. */
export interface ImageStep {
  /** 0 before the first. */
  readonly step: number;
  readonly steps: number;
  readonly image: Float32Array;
  readonly logits: Float32Array;
}

/** What an attack on an image came to. */
export interface ImageOutcome {
  readonly record: AttackRecord;
  readonly image: Float32Array;
  readonly logits: Float32Array;
  readonly warnings: readonly string[];
}

/** Attacks one image and tells every step as it happens. */
export async function attackImage(
  { network, precision, attack, settings, image, label }: ImageRequest,
  { tell, signal }: TaskContext<ImageStep>,
): Promise<ImageOutcome> {
  const device = await pageDevice();
  return withClassifiers(device, network, precision, async (attacked, shown) => {
    const logits = await shown.logits(image);
    const target = label ?? largest(logits);
    tell({ step: 0, steps: 0, image, logits });
    let steps = 0;
    let step = 0;
    let latest: Float32Array = image;
    const samples: Samples = { images: image, labels: Int32Array.of(target) };
    const outcome = await runNamed(attack, attacked, samples, {
      ...settings,
      seed: 0,
      watch: {
        isSpent: () => false,
        observe: ({ images }) => {
          latest = images.slice(0, image.length);
        },
      },
      onProgress: ({ done, total }) => {
        step = done;
        steps = total;
      },
      onSave: async () => {
        signal.throwIfAborted();
        tell({ step, steps, image: latest, logits: await shown.logits(latest) });
      },
    });
    const final = outcome.images;
    return {
      record: outcome.records[0],
      image: final,
      logits: await shown.logits(final),
      warnings: outcome.warnings,
    };
  });
}

/** Place of the largest number, the first of several. */
export const largest = (numbers: Float32Array): number => numbers.indexOf(Math.max(...numbers));
