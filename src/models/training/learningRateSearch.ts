import { InputError } from '../../base/errors.ts';
import type { Device } from '../../engine/index.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Model } from '../network/model.ts';
import { release } from '../network/weights.ts';
import { DivergenceError } from './divergence.ts';
import type { TrainOptions } from './options.ts';
import { train } from './train.ts';

/** How a training with one of the learning rates ended. */
export interface SearchTrial {
  readonly learningRate: number;
  /** On the validation images after the last epoch; null when it diverged. */
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly seconds: number;
  /** Why it diverged. */
  readonly divergence?: string;
}

export interface SearchOptions extends Omit<TrainOptions, 'learningRate' | 'resume' | 'checkpoints'> {
  readonly validation: NonNullable<TrainOptions['validation']>;
  readonly learningRates: readonly number[];
  onTrial?(trial: SearchTrial): void;
}

/**
 * Trains with each learning rate from the same start and picks the one with the highest accuracy on the validation images, of equals
 * the one with the lower loss. A training that diverges is broken off and counts as worst.
 * @throws InputError when all diverge, or an option is out of range
 */
export async function searchLearningRate(
  device: Device,
  model: Model,
  dataset: Dataset,
  { learningRates, onTrial, ...options }: SearchOptions,
): Promise<{ readonly best: number; readonly trials: readonly SearchTrial[] }> {
  const trials: SearchTrial[] = [];
  for (const learningRate of learningRates) {
    if (options.signal?.aborted) break;
    const trial = await tryOut(device, model, dataset, { ...options, learningRate });
    trials.push(trial);
    onTrial?.(trial);
  }
  const ranked = trials
    .filter(({ accuracy }) => accuracy !== null)
    .sort((a, b) => Number(b.accuracy) - Number(a.accuracy) || Number(a.loss) - Number(b.loss));
  if (ranked.length === 0)
    throw new InputError(`training diverges with every learning rate of ${learningRates.join(', ')}; try lower ones`);
  return { best: ranked[0].learningRate, trials };
}

async function tryOut(device: Device, model: Model, dataset: Dataset, options: TrainOptions): Promise<SearchTrial> {
  const { learningRate } = options;
  const began = performance.now();
  try {
    const { weights, epochs, seconds } = await train(device, model, dataset, options);
    release(weights);
    const { validationAccuracy = null, validationLoss = null } = epochs.at(-1) ?? {};
    return { learningRate, accuracy: validationAccuracy, loss: validationLoss, seconds };
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    const seconds = (performance.now() - began) / 1000;
    return { learningRate, accuracy: null, loss: null, seconds, divergence: error.message };
  }
}
