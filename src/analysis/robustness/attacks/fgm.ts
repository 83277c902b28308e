import { InputError } from '../../../base/errors.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { type NormName, norms } from '../norms.ts';
import { type AttackOptions, type AttackOutcome, attackStrengths, checkDistance } from './run/attack.ts';
import type { Samples } from './run/batch.ts';
import { sealed } from './run/method.ts';
import { ascent } from './steps/gradientStep.ts';
import { lineSearch } from './steps/lineSearch.ts';

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
  return (await fgmAt(classifier, samples, [options.eps], options))[0];
}

/** `fgm` at several strengths in shared batches. */
export async function fgmAt(
  classifier: Classifier,
  samples: Samples,
  strengths: readonly number[],
  options: Omit<FgmOptions, 'eps'>,
): Promise<AttackOutcome[]> {
  const { norm, minimal } = options;
  for (const eps of strengths) {
    checkDistance('fgm', 'eps', eps, norm);
    if (minimal !== undefined && !(minimal.epsStep > 0 && minimal.epsStep <= eps))
      throw new InputError(`fgm: eps_step is ${minimal.epsStep}; it must be above 0 and at most eps, ${eps}`);
  }
  return attackStrengths(classifier, samples, options, {
    strengths,
    method: (batch) => {
      if (minimal === undefined)
        return sealed(
          ascent(classifier, batch, {
            norm: norms[norm],
            stepSize: (eps) => eps,
            stepsPerStart: 1,
            starts: 1,
            start: ({ images }) => images,
          }),
        );
      // Half a unit in the last place more, as eps is often a multiple of the step that binary fractions miss.
      const steps = Math.floor((Math.max(...batch.strength) / minimal.epsStep) * (1 + 1e-7));
      return sealed(lineSearch(classifier, batch, { norm: norms[norm], steps, epsStep: minimal.epsStep }));
    },
  });
}
