import { number } from '../../../base/parameter.ts';
import { fill, less, softmax, where } from '../../../engine/index.ts';
import { defineDefence } from './defineDefence.ts';

/**
 * Answers with probabilities, of which those below a cutoff are 0 (ART's HighConfidence). The softmax comes first: ART cuts the
 * model's outputs, and on logits that leaves the class as it was unless all are below the cutoff. The class of an image without a
 * probability from the cutoff on is the first one. Probabilities saturate, so attacks that follow them meet gradients of zero.
 */
export const highConfidence = defineDefence({
  name: 'high-confidence',
  title: 'High confidence',
  about: 'answers with probabilities, small ones as 0',
  source: 'ART',
  acts: 'prediction',
  differentiable: false,
  random: false,
  parameters: { cutoff: number({ above: 0, below: 1, axis: true, about: 'probability below which the answer is 0' }) },
  positional: ['cutoff'],
  create: ({ cutoff }) => ({
    probabilities: true,
    postprocess: (logits) => {
      const probabilities = softmax(logits);
      return where(less(probabilities, fill(logits.shape, cutoff)), fill(logits.shape, 0), probabilities);
    },
  }),
});
