import { integer } from '../../../base/parameter.ts';
import { streamId } from '../../../base/philox.ts';
import { elements } from '../../../engine/index.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { type NormName, norms } from '../norms.ts';
import { defineAttack } from './defineAttack.ts';
import type { Method } from './run/method.ts';
import { clipPixel, gather, lead, marked, rowOf } from './run/rows.ts';

/** The baseline that every attack must beat: uniformly random points of the ball around the original, clipped to [0, 1]. */
export const randomNoise = defineAttack({
  name: 'random-noise',
  title: 'Random noise',
  about: 'random points of the ball: the baseline',
  source: '',
  asks: 'logits',
  strength: 'eps',
  norms: ['inf', '1', '2'],
  parameters: { maxIter: integer({ from: 1, default: 10, about: 'points, until one is misclassified' }) },
  passes: ({ maxIter }) => maxIter,
  method: (classifier, _, settings) => method(classifier, settings),
});

interface RandomNoiseState {
  readonly images: Float32Array;
}

interface RandomNoiseSettings {
  readonly norm: NormName;
  readonly maxIter: number;
  readonly seed: number;
}

function method(
  { shape, classes }: Classifier,
  { norm, maxIter, seed }: RandomNoiseSettings,
): Method<RandomNoiseState> {
  const pixels = elements(shape);
  return {
    steps: maxIter,
    images: ({ images }) => images,
    price: { queries: 1, gradients: 0 },
    open: ({ images }) => ({ images }),
    step: async ({ images: before }, { batch, rows, ask, step }) => {
      const candidates = gather(batch.images, rows, pixels);
      rows.forEach((row, i) => {
        const source = { seed, stream: streamId(`random-noise.${step}`), substream: batch.sample[row] };
        const image = rowOf(candidates, i, pixels);
        norms[norm].randomPoint(pixels, batch.strength[row], source).forEach((value, p) => {
          image[p] = clipPixel(image[p] + value);
        });
      });
      const answers = await ask.logits({ images: candidates, rows });
      const images = before.slice();
      const wrong = marked(batch.size, []);
      rows.forEach((row, i) => {
        wrong[row] = lead(rowOf(answers, i, classes), batch.labels[row]) > 0;
        images.set(rowOf(candidates, i, pixels), row * pixels);
      });
      return { state: { images }, wrong };
    },
  };
}
