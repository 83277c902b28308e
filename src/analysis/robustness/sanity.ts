import type { Defence } from './defences/defence.ts';

/**
 * What attacks on a defence should know, by the names of obfuscated gradients (Athalye, Carlini and Wagner, arXiv 1802.00420, section 3).
 * @param gradients whether gradients were followed
 * @param expectationSamples how many draws of a random defence each question was the mean of
 */
export function defenceWarnings(
  { name, random, probabilities }: Defence,
  gradients: boolean,
  expectationSamples = 1,
): string[] {
  const warnings: string[] = [];
  if (random && expectationSamples === 1)
    warnings.push(
      `${name} answers at random, and each answer was taken for the truth (stochastic gradients): ask for means over several (--eot, expectation_samples), or robustness may be overstated`,
    );
  if (probabilities && gradients)
    warnings.push(
      `${name} tells probabilities: gradients through them vanish where the model is sure (vanishing gradients), so robustness may be overstated`,
    );
  return warnings;
}
