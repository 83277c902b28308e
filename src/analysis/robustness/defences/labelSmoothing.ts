import { InputError } from '../../../base/errors.ts';
import type { Defence } from './defence.ts';

export interface LabelSmoothingOptions {
  /** Share of each label that is spread evenly over all classes. */
  readonly alpha: number;
}

/**
 * Training on labels that are less sure (Szegedy et al., arXiv 1512.00567, section 7; as a defence Warde-Farley and Goodfellow
 * 2016, and ART's LabelSmoothing): of K classes the right one has 1 - alpha + alpha / K, the others alpha / K. ART's `max_value`
 * is the former, 0.9 there.
 * @throws InputError
 */
export function labelSmoothing({ alpha }: LabelSmoothingOptions): Defence {
  if (!(alpha > 0 && alpha < 1))
    throw new InputError(`label-smoothing: alpha is ${alpha}; it must be above 0 and below 1`);
  return {
    name: 'label-smoothing',
    differentiable: true,
    random: false,
    trainingOnly: true,
    labelSmoothing: alpha,
  };
}
