import { elements } from '../../../../engine/index.ts';
import { defineAttack } from '../defineAttack.ts';
import { evolutionMethod, evolutionParameters, type Genome, generationOf } from '../steps/evolution/evolutionAttack.ts';

/**
 * Threshold attack (Kotyan and Vargas, arXiv 1906.06026; ART's ThresholdAttack): every pixel may change by up to `th` of 255 grey
 * levels, by an evolution strategy over whole levels. It asks for the logits only.
 */
export const thresholdAttack = defineAttack({
  name: 'threshold',
  title: 'Threshold',
  about: 'a few grey levels for every pixel, by evolution',
  source: 'arXiv 1906.06026',
  asks: 'logits',
  strength: 'grey levels',
  norms: ['inf'],
  parameters: evolutionParameters,
  passes: ({ maxIter }, { shape }) => (maxIter + 1) * generationOf(elements(shape)),
  method: (classifier, batch, settings) =>
    evolutionMethod(classifier, batch, thresholdGenome(elements(classifier.shape), settings.th), settings, 'threshold'),
});

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
