import { integer } from '../../../base/parameter.ts';
import { cast, defineOp, divide, fill, offset, scale } from '../../../engine/index.ts';
import { defineDefence } from './defineDefence.ts';

/** From this depth on every f32 pixel is already a multiple of the step, up to its own rounding. */
const LOSSLESS_DEPTH = 24;

/**
 * round(x · levels) / levels, ties upwards, for x in [0, 1]. It is flat almost everywhere, so its derivative is that of the
 * identity (backward pass differentiable approximation: Athalye, Carlini, Wagner, arXiv 1802.00420), as in ART's preprocessors
 * whose `estimate_gradient` returns the gradient unchanged. Without it every gradient attack would see zeros.
 */
const squeeze = defineOp<{ levels: number }>({
  name: 'featureSqueezing',
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  derivative: ({ gradient }) => [gradient],
  decompose: ([x], { levels }) => {
    const level = cast(cast(offset(scale(x, levels), 0.5), 'i32'), 'f32');
    return divide(level, fill(x.shape, levels));
  },
});

/**
 * Fewer grey levels at prediction (Xu, Evans, Qi, arXiv 1704.01155; ART's FeatureSqueezing with clip_values (0, 1)). The model
 * is trained without it. 24 bits and more change nothing in f32.
 */
export const featureSqueezing = defineDefence({
  name: 'feature-squeezing',
  title: 'Feature squeezing',
  about: 'rounds pixels',
  source: 'arXiv 1704.01155',
  acts: 'prediction',
  differentiable: false,
  random: false,
  parameters: {
    bitDepth: integer({ from: 1, to: 64, axis: true, takes: 'bits', about: 'bits that are kept of each pixel' }),
  },
  positional: ['bitDepth'],
  create: ({ bitDepth }) => ({
    preprocess: (x) => (bitDepth >= LOSSLESS_DEPTH ? x : squeeze([x], { levels: 2 ** bitDepth - 1 })),
  }),
});
