import type { Classifier } from '../../classifier/classifier.ts';
import { defineAttack } from '../defineAttack.ts';
import { evolutionMethod, evolutionParameters, type Genome, generationOf } from '../steps/evolution/evolutionAttack.ts';

/**
 * Pixel attack (Su, Vargas, Sakurai, arXiv 1710.08864; Kotyan and Vargas, arXiv 1906.06026; ART's PixelAttack): `th` pixels get
 * other values of 8 bits, places and values by an evolution strategy. It asks for the logits only.
 */
export const pixelAttack = defineAttack({
  name: 'pixel',
  title: 'Pixel',
  about: 'other values for a few pixels, by evolution',
  source: 'arXiv 1710.08864, 1906.06026',
  asks: 'logits',
  strength: 'pixels',
  norms: ['0'],
  parameters: evolutionParameters,
  passes: ({ maxIter, th }, { shape: [channels] }) => (maxIter + 1) * generationOf((2 + channels) * th),
  method: (classifier, batch, settings) =>
    evolutionMethod(classifier, batch, pixelGenome(classifier, settings.th), settings, 'pixel'),
});

/** For each pixel: row, column, and a value for each channel. Two that fall on one place change only one. */
function pixelGenome({ shape: [channels, height, width] }: Classifier, th: number): Genome {
  const area = height * width;
  const genes = 2 + channels;
  const place = (share: number, count: number) => Math.min(count - 1, Math.floor(share * count));
  return {
    dimensions: genes * th,
    start: (original) => {
      const point = new Float64Array(genes * th);
      for (let k = 0; k < th; k++) {
        // Spread over the image in its order, as there are fewer pixels than places or they begin again.
        const at = Math.floor((k * area) / th) % area;
        point[k * genes] = (Math.floor(at / width) + 0.5) / height;
        point[k * genes + 1] = ((at % width) + 0.5) / width;
        for (let c = 0; c < channels; c++) point[k * genes + 2 + c] = original[c * area + at];
      }
      return point;
    },
    express: (point, image) => {
      for (let k = 0; k < th; k++) {
        const at = place(point[k * genes], height) * width + place(point[k * genes + 1], width);
        for (let c = 0; c < channels; c++) image[c * area + at] = Math.floor(point[k * genes + 2 + c] * 255) / 255;
      }
    },
  };
}
