import { streamId } from '../../../base/philox.ts';
import { elements } from '../../../engine/index.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { type NormName, norms } from '../norms.ts';
import { type AttackOptions, type AttackOutcome, attackSamples, checkCount, checkDistance } from './run/attack.ts';
import type { Samples } from './run/batch.ts';
import { type Method, sealed } from './run/method.ts';
import { clipPixel, gather, lead, marked, rowOf } from './run/rows.ts';

export interface RandomNoiseOptions extends AttackOptions {
  readonly norm: NormName;
  readonly eps: number;
  /** Draws, until one is misclassified. */
  readonly maxIter: number;
  readonly seed: number;
}

interface RandomNoiseState {
  readonly images: Float32Array;
}

/**
 * The baseline that every attack must beat: uniformly random points of the ball around the original, clipped to [0, 1].
 * @throws InputError on an option or a pixel out of range
 */
export async function randomNoise(
  classifier: Classifier,
  samples: Samples,
  options: RandomNoiseOptions,
): Promise<AttackOutcome> {
  checkDistance('random-noise', 'eps', options.eps, options.norm);
  checkCount('random-noise', 'max_iter', options.maxIter, 1);
  return attackSamples(classifier, samples, options, () => sealed(method(classifier, options)), options.eps);
}

function method({ shape, classes }: Classifier, { norm, maxIter, seed }: RandomNoiseOptions): Method<RandomNoiseState> {
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
        const own = rowOf(candidates, i, pixels);
        norms[norm].randomPoint(pixels, batch.strength[row], source).forEach((value, p) => {
          own[p] = clipPixel(own[p] + value);
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
