import { integer, number } from '../../../../base/parameter.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import type { NormName } from '../../norms.ts';
import { defineAttack } from '../defineAttack.ts';
import type { Method } from '../run/method.ts';
import { gather, lead, marked, rowOf } from '../run/rows.ts';
import { chequerboard, drawsOf, moveSquare, moveWindow, type Patched, stripes } from '../steps/squarePatches.ts';

export interface SquareSettings {
  readonly norm: NormName;
  /** Queries after the first. */
  readonly maxIter: number;
  /** Share of the image that the first squares cover. */
  readonly pInit: number;
  readonly seed: number;
}

/**
 * Square attack (Andriushchenko et al., arXiv 1912.00049; in L1 as Croce and Hein have it, arXiv 2103.01208): a random search with
 * square patches that asks for the logits only.
 * A sample stops when it is misclassified.
 */
export const square = defineAttack({
  name: 'square',
  title: 'Square',
  about: 'random squares, kept where they help',
  source: 'arXiv 1912.00049, 2103.01208',
  asks: 'logits',
  strength: 'eps',
  norms: ['inf', '1', '2'],
  parameters: {
    maxIter: integer({ from: 1, default: 5000, about: 'queries after the first' }),
    pInit: number({
      above: 0,
      to: 1,
      default: 0.8,
      takes: 'share',
      about: 'share of the image that the first squares cover',
    }),
  },
  passes: ({ maxIter }) => maxIter,
  method: (classifier, _, settings) => squareMethod(classifier, settings),
});

interface SquareState {
  readonly images: Float32Array;
  /** How far another class is ahead of the label, the best so far. */
  readonly best: Float64Array;
}

/** After how many of 10 000 iterations the share is halved again (the authors' schedule). */
const HALVINGS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/** The share of the image that a square covers at an iteration, from 0. */
function shareAt(iteration: number, maxIter: number, pInit: number): number {
  const scaled = Math.trunc((iteration / maxIter) * 10000);
  return pInit / 2 ** HALVINGS.filter((each) => scaled > each).length;
}

/** The square attack as steps; the first looks at the stripes, or the chequerboard, that it begins with. */
export function squareMethod(classifier: Classifier, settings: SquareSettings): Method<SquareState> {
  const { norm, maxIter, pInit, seed } = settings;
  const { classes, shape } = classifier;
  const [channels, height, width] = shape;

  /** Writes what a row shows in a step over its image. */
  function change(patched: Patched, sample: number, step: number): void {
    const count = step === 1 ? channels * (height * width + width) + 16 : channels + 16;
    const random = drawsOf(seed, sample, step - 1, count);
    const share = shareAt(step - 2, maxIter, pInit);
    if (norm === 'inf') step === 1 ? stripes(patched, random) : moveSquare(patched, share, random);
    else step === 1 ? chequerboard(patched, random, norm) : moveWindow(patched, share, random, norm);
  }

  return {
    steps: maxIter + 1,
    images: ({ images }) => images,
    price: { queries: 1, gradients: 0 },
    open: ({ images, size }) => ({ images, best: new Float64Array(size).fill(Number.NEGATIVE_INFINITY) }),
    step: async (state, { batch, rows, ask, step }) => {
      const { pixels } = ask;
      const candidates = gather(state.images, rows, pixels);
      rows.forEach((row, i) => {
        const [image, original] = [rowOf(candidates, i, pixels), rowOf(batch.images, row, pixels)];
        change({ image, original, shape, eps: batch.strength[row] }, batch.sample[row], step);
      });
      const answers = await ask.logits({ images: candidates, rows });
      const images = state.images.slice();
      const best = state.best.slice();
      const wrong = marked(batch.size, []);
      rows.forEach((row, i) => {
        const ahead = lead(rowOf(answers, i, classes), batch.labels[row]);
        wrong[row] = ahead > 0;
        if (!(ahead > best[row])) return;
        best[row] = ahead;
        images.set(rowOf(candidates, i, pixels), row * pixels);
      });
      return { state: { images, best }, wrong };
    },
  };
}
