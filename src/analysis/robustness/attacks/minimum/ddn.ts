import { integer, number, type ValuesOf, yesOrNo } from '../../../../base/parameter.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method } from '../run/method.ts';
import { clipPixel, gather, gatherLabels, largestPlace, lengthOf, marked, rowOf } from '../run/rows.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 100, about: 'steps' }),
  initEpsilon: number({ above: 0, default: 1, takes: 'distance', about: 'first norm of the change' }),
  gamma: number({
    above: 0,
    below: 1,
    default: 0.05,
    takes: 'share',
    about: 'share by which the norm of the change shrinks after a success and grows otherwise',
  }),
  quantise: yesOrNo({ default: true, about: 'every step ends at an image of 256 grey levels' }),
};

/**
 * Decoupled direction and norm (Rony et al., arXiv 1811.09600, algorithm 1; Foolbox's DDNAttack): a step along the
 * gradient of the cross-entropy chooses the direction of the change, and its norm is set apart: smaller while the image
 * is misclassified, larger while it is not. The nearest misclassified image of all steps is kept. As with the authors,
 * the original is looked at first, and where the last step leads is not; where they draw a direction at random, at a
 * gradient of zero, the change keeps its own.
 */
export const ddn = defineAttack({
  name: 'ddn',
  title: 'DDN',
  about: 'nearest adversarial image, by steps along the gradient whose distance is set apart',
  source: 'arXiv 1811.09600',
  asks: 'gradients',
  strength: 'none',
  norms: ['2'],
  parameters,
  passes: ({ maxIter }) => maxIter * WITH_GRADIENT,
  method: ({ classes }, _, settings) => method(classes, settings),
});

interface DdnState {
  /** The nearest misclassified images, the originals where there is none. */
  readonly images: Float32Array;
  /** L2 distances of `images` from the originals. */
  readonly best: Float64Array;
  readonly x: Float32Array;
  /** What the norm of each row's change is set to. */
  readonly norm: Float64Array;
}

/** Steps fall from 1 to this length by half a cosine (the authors' values). */
const SHORTEST_STEP = 0.01;

const LEVELS = 256;

function method(
  classes: number,
  { maxIter, initEpsilon, gamma, quantise }: ValuesOf<typeof parameters>,
): Method<DdnState> {
  return {
    steps: maxIter,
    price: { queries: 1, gradients: 1 },
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      best: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      x: images,
      norm: new Float64Array(size).fill(initEpsilon),
    }),
    step: async (state, { batch, rows, ask, step }) => {
      const { pixels } = ask;
      const labels = gatherLabels(batch.labels, rows);
      const shown = gather(state.x, rows, pixels);
      const answer = await ask.gradients({ loss: 'cross-entropy', images: shown, rows, labels });
      const images = state.images.slice();
      const best = state.best.slice();
      const x = state.x.slice();
      const norm = state.norm.slice();
      const wrong = marked(batch.size, []);
      const magnitudes = new Float64Array(batch.size);
      const stepSize = SHORTEST_STEP + ((1 - SHORTEST_STEP) * (1 + Math.cos((Math.PI * (step - 1)) / maxIter))) / 2;
      rows.forEach((row, i) => {
        const original = rowOf(batch.images, row, pixels);
        const here = rowOf(x, row, pixels);
        const gradient = rowOf(answer.gradients, i, pixels);
        const distance = lengthOf(here, '2', original);
        magnitudes[row] = lengthOf(gradient, '1');
        wrong[row] = largestPlace(rowOf(answer.logits, i, classes)) !== labels[i];
        if (wrong[row] && distance < best[row]) {
          best[row] = distance;
          images.set(here, row * pixels);
        }
        const farthest = lengthOf(
          original.map((pixel) => Math.max(pixel, 1 - pixel)),
          '2',
        );
        norm[row] = Math.min(norm[row] * (wrong[row] ? 1 - gamma : 1 + gamma), farthest);
        move(here, original, gradient, stepSize, norm[row]);
        if (quantise) here.set(here.map((pixel) => Math.round(pixel * (LEVELS - 1)) / (LEVELS - 1)));
      });
      return { state: { images, best, x, norm }, wrong, finished: marked(batch.size, []), magnitudes };
    },
  };
}

/** Adds a step to an image's change from the original, sets the change's norm, and clips to [0, 1]; in place. */
function move(
  image: Float32Array,
  original: Float32Array,
  gradient: Float32Array,
  stepSize: number,
  norm: number,
): void {
  const perUnit = stepSize / (lengthOf(gradient, '2') || 1);
  const change = Float64Array.from(image, (pixel, p) => pixel - original[p] + perUnit * gradient[p]);
  const factor = norm / (lengthOf(change, '2') || 1);
  for (let p = 0; p < image.length; p++) image[p] = clipPixel(original[p] + factor * change[p]);
}
