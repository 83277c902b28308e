import type { Device } from '../engine/device.ts';
import { type Dataset, select } from './data/dataset.ts';
import { batches } from './data/sampling.ts';
import type { Model } from './model.ts';
import { turn } from './train.ts';
import { initialSlots, openTrainingRun } from './trainingRun.ts';
import type { TrainOptions } from './trainOptions.ts';
import { initialWeights } from './weights.ts';

/** Batches of a training that are run again to be timed. */
export interface TrainingRehearsal {
  /** Runs `batches` batches as a training does, then looks at the loss, which waits for them. */
  run(): Promise<void>;
  readonly batches: number;
  free(): void;
}

/** Batches of images that are kept on the device: a step takes as long with few images as with many. */
const IMAGE_BATCHES = 4;

/**
 * Opens a training anew, from weights drawn by the seed, on its first images.
 * @param count batches that are submitted before the loss is looked at
 */
export async function openTrainingRehearsal(
  device: Device,
  model: Model,
  dataset: Dataset,
  options: TrainOptions,
  count: number,
): Promise<TrainingRehearsal> {
  const { batchSize, seed, learningRate } = options;
  const shown = Math.min(dataset.train.count, IMAGE_BATCHES * batchSize);
  const few = select(
    dataset.train,
    Uint32Array.from({ length: shown }, (_, i) => i),
  );
  const start = { weights: initialWeights(model, seed), slots: initialSlots(model, options), totals: [0, 0] } as const;
  const run = await openTrainingRun(device, model, { ...dataset, train: few }, options, start);
  const order = batches(few.count, batchSize, seed, 0, { dropLast: true });
  let batch = 0;
  return {
    run: async () => {
      for (let k = 0; k < count; k++) {
        run.run(order[batch % order.length], learningRate, batch, k === 0);
        batch++;
        await turn();
      }
      await run.look();
      run.keep();
    },
    batches: count,
    free: run.free,
  };
}
