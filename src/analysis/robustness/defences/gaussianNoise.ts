import { InputError } from '../../../base/errors.ts';
import { add, scale as scaled, softmax } from '../../../engine/index.ts';
import type { Defence } from './defence.ts';

export interface GaussianNoiseOptions {
  /** Standard deviation of the noise on each told probability. */
  readonly scale: number;
}

/**
 * Probabilities with normal noise, new at every question (ART's GaussianNoise). The softmax comes first: ART adds the noise to
 * whatever the model gives, and logits have no scale of their own. Gradients are those of the probabilities, which saturate.
 * @throws InputError
 */
export function gaussianNoise({ scale }: GaussianNoiseOptions): Defence {
  if (!(Number.isFinite(scale) && scale > 0))
    throw new InputError(`gaussian-noise: scale is ${scale}; it must be above 0`);
  return {
    name: 'gaussian-noise',
    differentiable: true,
    random: true,
    trainingOnly: false,
    probabilities: true,
    postprocess: (logits, draws) => add(softmax(logits), scaled(draws.normal(logits.shape), scale)),
  };
}
