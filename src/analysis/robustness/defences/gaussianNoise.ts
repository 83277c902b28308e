import { number } from '../../../base/parameter.ts';
import { add, scale as scaled, softmax } from '../../../engine/index.ts';
import { defineDefence } from './defineDefence.ts';

/**
 * Probabilities with normal noise, new at every question (ART's GaussianNoise). The softmax comes first: ART adds the noise to
 * the model's outputs, and logits have no fixed scale. Gradients are those of the probabilities, which saturate.
 */
export const gaussianNoise = defineDefence({
  name: 'gaussian-noise',
  title: 'Gaussian noise',
  about: 'answers with probabilities, and noise on them',
  source: 'ART',
  acts: 'prediction',
  differentiable: true,
  random: true,
  parameters: { scale: number({ above: 0, axis: true, about: 'standard deviation of the noise on each probability' }) },
  positional: ['scale'],
  create: ({ scale }) => ({
    probabilities: true,
    postprocess: (logits, draws) => add(softmax(logits), scaled(draws.normal(logits.shape), scale)),
  }),
});
