import { InputError } from '../../../base/errors.ts';
import { streamId } from '../../../base/philox.ts';
import { add, clamp, fill, less, type Node, randomNormal, randomUniform, scale, where } from '../../../engine/index.ts';
import type { Defence } from './defence.ts';

export interface GaussianAugmentationOptions {
  /** Standard deviation of the noise, in units of the pixel range [0, 1]. */
  readonly sigma: number;
  /** Probability that an image of a batch gets noise, at most 1. */
  readonly ratio: number;
}

/**
 * Training on noisy images (Zantedeschi, Nicolae, Rawat, arXiv 1707.06728; ART's GaussianAugmentation). Each image of each batch
 * gets noise with probability `ratio`, new in every epoch, and is clipped to [0, 1]. ART draws the noise once, before training:
 * with `augmentation=False` for all images, otherwise for copies that it adds to the training set.
 * @throws InputError
 */
export function gaussianAugmentation({ sigma, ratio }: GaussianAugmentationOptions): Defence {
  if (!(Number.isFinite(sigma) && sigma > 0))
    throw new InputError(`gaussian-augmentation: sigma is ${sigma}; it must be above 0`);
  if (!(ratio > 0 && ratio <= 1))
    throw new InputError(`gaussian-augmentation: ratio is ${ratio}; it must be above 0 and at most 1`);
  return {
    name: 'gaussian-augmentation',
    differentiable: true,
    random: false,
    trainingOnly: true,
    augment: (x, key) => {
      const noise = scale(randomNormal(key, x.shape, { stream: streamId('gaussian-augmentation.noise') }), sigma);
      const images: readonly number[] = [x.shape[0], 1, 1, 1];
      const draw = randomUniform(key, images, { stream: streamId('gaussian-augmentation.choice') });
      const chosen: Node = less(draw, fill(images, ratio));
      return where(chosen, clamp(add(x, noise), 0, 1), x);
    },
  };
}
