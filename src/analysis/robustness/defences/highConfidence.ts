import { InputError } from '../../../base/errors.ts';
import { fill, less, softmax, where } from '../../../engine/index.ts';
import type { Defence } from './defence.ts';

export interface HighConfidenceOptions {
  /** Probabilities below it are told as 0. */
  readonly cutoff: number;
}

/**
 * Tells only probabilities from a cutoff on (ART's HighConfidence). The softmax comes first: ART cuts whatever the model gives,
 * and on logits that leaves the class as it was unless all are below the cutoff. The class of an image without a probability
 * from the cutoff on is the first one. Told probabilities saturate, so attacks that follow them meet gradients of zero.
 * @throws InputError
 */
export function highConfidence({ cutoff }: HighConfidenceOptions): Defence {
  if (!(cutoff > 0 && cutoff < 1))
    throw new InputError(`high-confidence: cutoff is ${cutoff}; it must be above 0 and below 1`);
  return {
    name: 'high-confidence',
    differentiable: false,
    random: false,
    trainingOnly: false,
    probabilities: true,
    postprocess: (logits) => {
      const probabilities = softmax(logits);
      return where(less(probabilities, fill(logits.shape, cutoff)), fill(logits.shape, 0), probabilities);
    },
  };
}
