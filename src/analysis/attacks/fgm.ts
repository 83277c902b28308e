import { InputError } from '../../engine/errors.ts';
import type { Classifier } from '../classifier.ts';
import { type AttackOptions, type AttackOutcome, attackInBatches, checkDistance, type Samples } from './attack.ts';
import { ascend } from './gradientStep.ts';
import { searchLine } from './lineSearch.ts';
import { type NormName, norms } from './norms.ts';

export interface FgmOptions extends AttackOptions {
  readonly norm: NormName;
  /** Length of the step, in units of the pixel range [0, 1]. */
  readonly eps: number;
  /** Try the lengths `epsStep`, 2 · `epsStep`, … up to `eps` along the same direction, and stop at the first that succeeds. */
  readonly minimal?: { readonly epsStep: number };
}

/**
 * Fast gradient method (Goodfellow, Shlens, Szegedy, arXiv 1412.6572; ART's FastGradientMethod): one step of size `eps` along the
 * gradient of the cross-entropy, clipped to [0, 1].
 * @throws InputError on an option or a pixel out of range
 */
export async function fgm(classifier: Classifier, samples: Samples, options: FgmOptions): Promise<AttackOutcome> {
  const { norm, eps, minimal, onProgress } = options;
  checkDistance('fgm', 'eps', eps, norm);
  if (minimal !== undefined && !(minimal.epsStep > 0 && minimal.epsStep <= eps))
    throw new InputError(`fgm: eps_step is ${minimal.epsStep}; it must be above 0 and at most eps, ${eps}`);
  return attackInBatches(classifier, samples, options, (batch) => {
    const onStep = (total: number) => (done: number, holding: number) =>
      onProgress?.({ done, total, holding, samples: batch.size });
    if (minimal === undefined)
      return ascend(classifier, batch, {
        norm: norms[norm],
        eps,
        stepSize: eps,
        stepsPerStart: 1,
        starts: [batch.images],
        onStep: onStep(1),
      });
    const steps = Math.floor((eps / minimal.epsStep) * (1 + 1e-9));
    const lengths = Array.from({ length: steps }, (_, k) => (k + 1) * minimal.epsStep);
    return searchLine(classifier, batch, { norm: norms[norm], lengths, onStep: onStep(steps) });
  });
}
