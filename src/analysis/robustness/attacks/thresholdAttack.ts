import { elements } from '../../../engine/index.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { type AttackOutcome, attackSamples } from './run/attack.ts';
import type { Samples } from './run/batch.ts';
import { sealed } from './run/method.ts';
import { checkEvolution, type EvolutionOptions, evolutionMethod, type Genome } from './steps/evolutionAttack.ts';

/**
 * Threshold attack (Kotyan and Vargas, arXiv 1906.06026; ART's ThresholdAttack): every pixel may change by up to `th` of 255 grey
 * levels, by an evolution strategy over whole levels. It asks for the logits only.
 * @throws InputError on an option or a pixel out of range
 */
export async function thresholdAttack(
  classifier: Classifier,
  samples: Samples,
  options: EvolutionOptions,
): Promise<AttackOutcome> {
  checkEvolution('threshold', options);
  const genome = thresholdGenome(elements(classifier.shape), options.th);
  return attackSamples(classifier, samples, options, (batch) =>
    sealed(evolutionMethod(classifier, batch, genome, options, 'threshold')),
  );
}

/** For each pixel where it lies between the least and the greatest value that it may have. */
function thresholdGenome(pixels: number, th: number): Genome {
  const bounds = (pixel: number) => [Math.max(0, pixel - th / 255), Math.min(1, pixel + th / 255)] as const;
  return {
    dimensions: pixels,
    start: (original) =>
      Float64Array.from(original, (pixel) => {
        const [low, high] = bounds(pixel);
        return (pixel - low) / (high - low);
      }),
    express: (point, image) => {
      for (let p = 0; p < pixels; p++) {
        const [low, high] = bounds(image[p]);
        image[p] = Math.min(high, Math.max(low, Math.round((low + point[p] * (high - low)) * 255) / 255));
      }
    },
  };
}
