import type { Classifier } from '../classifier/classifier.ts';
import { pgd } from './pgd.ts';
import type { AttackOptions, AttackOutcome } from './run/attack.ts';
import type { Samples } from './run/batch.ts';

export interface BimOptions extends AttackOptions {
  /** Largest change of a pixel, in units of the pixel range [0, 1]. */
  readonly eps: number;
  readonly epsStep: number;
  readonly maxIter: number;
}

/**
 * Basic iterative method (Kurakin, Goodfellow, Bengio, arXiv 1607.02533; ART's BasicIterativeMethod): PGD in L∞ from the original.
 * @throws InputError on an option or a pixel out of range
 */
export const bim = (classifier: Classifier, samples: Samples, options: BimOptions): Promise<AttackOutcome> =>
  pgd(classifier, samples, { ...options, norm: 'inf', numRandomInit: 0, seed: 0 });
