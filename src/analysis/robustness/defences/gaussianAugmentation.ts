import { number } from '../../../base/parameter.ts';
import { streamId } from '../../../base/philox.ts';
import { add, clamp, fill, less, type Node, randomNormal, randomUniform, scale, where } from '../../../engine/index.ts';
import { defineDefence } from './defineDefence.ts';

/**
 * Training on noisy images (Zantedeschi, Nicolae, Rawat, arXiv 1707.06728; ART's GaussianAugmentation). Each image of each batch
 * gets noise with probability `ratio`, new in every epoch, and is clipped to [0, 1]. ART draws the noise once, before training:
 * with `augmentation=False` for all images, otherwise for copies that it adds to the training set.
 */
export const gaussianAugmentation = defineDefence({
  name: 'gaussian-augmentation',
  title: 'Gaussian augmentation',
  about: 'noise on training images',
  source: 'arXiv 1707.06728',
  acts: 'training',
  differentiable: true,
  random: false,
  parameters: {
    sigma: number({ above: 0, axis: true, about: 'standard deviation of the noise, in units of the pixel range' }),
    ratio: number({
      above: 0,
      to: 1,
      default: 1,
      axis: true,
      about: 'probability that an image of a batch gets noise',
    }),
  },
  create: ({ sigma, ratio }) => ({
    augment: (x, key) => {
      const noise = scale(randomNormal(key, x.shape, { stream: streamId('gaussian-augmentation.noise') }), sigma);
      const images: readonly number[] = [x.shape[0], 1, 1, 1];
      const draw = randomUniform(key, images, { stream: streamId('gaussian-augmentation.choice') });
      const chosen: Node = less(draw, fill(images, ratio));
      return where(chosen, clamp(add(x, noise), 0, 1), x);
    },
  }),
});
