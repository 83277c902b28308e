import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method } from '../run/method.ts';
import { gather, gatherLabels, lead, lengthOf, marked, rowOf } from '../run/rows.ts';
import { carliniParameters } from '../steps/carlini.ts';
import { type ConstantSearch, nextConstants, openConstants } from '../steps/constantSearch.ts';

const parameters = {
  ...carliniParameters({ learningRate: 0.01, maxIter: 100, initialConst: 0.001 }),
  beta: number({
    from: 0,
    default: 0.001,
    takes: 'distance',
    about: 'change of a pixel below which it stays as it is',
  }),
  binarySearchSteps: integer({ from: 1, default: 9, about: 'weights of misclassification that are tried' }),
};

type Settings = ValuesOf<typeof parameters>;

/**
 * EAD, elastic net (Chen, Sharma, Zhang, Yi, Hsieh, arXiv 1709.04114, algorithm 1; ART's ElasticNet with the decision rule L1): gradient
 * steps on c · max(confidence − lead, 0) + distance² with momentum (FISTA), after each of which changes shrink by beta, and a binary
 * search for the smallest c that does. The misclassified image that is nearest in L1 is kept.
 */
export const ead = defineAttack({
  name: 'ead',
  title: 'EAD',
  about: 'distance in L₂ and L₁ against misclassification, by steps that shrink small changes to nothing',
  source: 'arXiv 1709.04114',
  asks: 'gradients',
  strength: 'none',
  norms: ['1'],
  parameters: {
    ...parameters,
    learningRate: { ...parameters.learningRate, about: 'first length of a step, which falls to 0 by its root' },
    maxIter: { ...parameters.maxIter, about: 'steps for each weight' },
  },
  // A step asks for a gradient where its momentum leads, and for the logits where it ends.
  passes: ({ maxIter, binarySearchSteps }) => maxIter * (WITH_GRADIENT + 1) * binarySearchSteps,
  method: (_, __, settings) => method(settings),
});

interface EadState {
  readonly images: Float32Array;
  /** L1 distances of `images`. */
  readonly best: Float64Array;
  /** Where each row stands, and where its momentum leads. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly search: ConstantSearch;
}

function method({
  confidence,
  learningRate,
  maxIter,
  initialConst,
  beta,
  binarySearchSteps,
}: Settings): Method<EadState> {
  return {
    steps: binarySearchSteps * maxIter,
    price: { queries: 2, gradients: 1 },
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      best: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      x: images,
      y: images,
      search: openConstants(size, initialConst),
    }),
    step: async (state, { batch, rows, ask, step }) => {
      const { pixels } = ask;
      const iteration = (step - 1) % maxIter;
      const isFirst = iteration === 0;
      const x = isFirst ? batch.images.slice() : state.x.slice();
      const y = isFirst ? batch.images.slice() : state.y.slice();
      const labels = gatherLabels(batch.labels, rows);
      const slopes = await ask.gradients({ loss: 'margin', images: gather(y, rows, pixels), rows, labels });
      const length = learningRate * Math.sqrt(1 - iteration / maxIter);
      rows.forEach((row, i) => {
        // A lead of more than the confidence has no slope.
        const weight = slopes.losses[i] < confidence ? state.search.constant[row] : 0;
        const gradient = rowOf(slopes.gradients, i, pixels);
        const original = rowOf(batch.images, row, pixels);
        const [from, image] = [rowOf(y, row, pixels), rowOf(x, row, pixels)];
        for (let p = 0; p < pixels; p++) {
          const before = image[p];
          image[p] = shrunk(from[p] - length * (2 * (from[p] - original[p]) - weight * gradient[p]), original[p], beta);
          from[p] = image[p] + (iteration / (iteration + 3)) * (image[p] - before);
        }
      });
      const answers = await ask.logits({ images: gather(x, rows, pixels), rows });
      const images = state.images.slice();
      const best = state.best.slice();
      const classes = answers.length / rows.length;
      const wrong = marked(batch.size, []);
      rows.forEach((row, i) => {
        const ahead = lead(rowOf(answers, i, classes), batch.labels[row]);
        wrong[row] = ahead > 0 && ahead >= confidence;
        const distance = lengthOf(rowOf(x, row, pixels), '1', rowOf(batch.images, row, pixels));
        if (!wrong[row] || !(distance < best[row])) return;
        best[row] = distance;
        images.set(rowOf(x, row, pixels), row * pixels);
      });
      const search = { ...state.search, broke: state.search.broke.map((before, row) => before || wrong[row]) };
      return {
        state: { images, best, x, y, search: step % maxIter === 0 ? nextConstants(search, rows) : search },
        wrong,
        finished: marked(batch.size, []),
      };
    },
  };
}

/** A pixel whose change from the original is less by beta, none where it was less than that, in [0, 1]. */
function shrunk(pixel: number, original: number, beta: number): number {
  if (pixel - original > beta) return Math.min(1, pixel - beta);
  if (original - pixel > beta) return Math.max(0, pixel + beta);
  return original;
}
