import { integer, type ValuesOf } from '../../../../base/parameter.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method } from '../run/method.ts';
import { lengthOf, marked, rowOf } from '../run/rows.ts';
import { carliniParameters, carliniStep } from '../steps/carlini.ts';
import { type ConstantSearch, nextConstants, openConstants } from '../steps/constantSearch.ts';
import { openDescent, restartRow, type TanhDescent } from '../steps/tanhSpace.ts';

const parameters = {
  ...carliniParameters({ learningRate: 0.05, maxIter: 100, initialConst: 1 }),
  binarySearchSteps: integer({ from: 1, default: 5, about: 'weights of misclassification that are tried' }),
};

type Settings = ValuesOf<typeof parameters>;

/**
 * Carlini and Wagner's attack in L2 (arXiv 1608.04644, section VI.A): Adam in tanh space on distance² + c · max(confidence − lead,
 * 0), and a binary search for the smallest c that does. ART replaces Adam by a line search along the gradient.
 */
export const carliniL2 = defineAttack({
  name: 'carlini-l2',
  title: 'Carlini-Wagner L₂',
  about: 'distance against misclassification, by Adam',
  source: 'arXiv 1608.04644',
  asks: 'gradients',
  strength: 'none',
  norms: ['2'],
  parameters,
  passes: ({ maxIter, binarySearchSteps }) => maxIter * WITH_GRADIENT * binarySearchSteps,
  method: (_, __, settings) => method(settings),
});

interface CarliniL2State {
  readonly images: Float32Array;
  /** Squared distances of `images`. */
  readonly best: Float64Array;
  readonly descent: TanhDescent;
  readonly search: ConstantSearch;
}

function method(settings: Settings): Method<CarliniL2State> {
  const { maxIter, initialConst, binarySearchSteps } = settings;
  return {
    steps: binarySearchSteps * maxIter,
    price: { queries: 1, gradients: 1 },
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      best: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      descent: openDescent(images, size),
      search: openConstants(size, initialConst),
    }),
    step: async (state, context) => {
      const { batch, rows, ask, step } = context;
      const images = state.images.slice();
      const best = state.best.slice();
      const { descent, wrong } = await carliniStep(state.descent, context, {
        ...settings,
        constant: state.search.constant,
        onSuccess: (row, candidate, original) => {
          const squares = lengthOf(candidate, '2', original) ** 2;
          if (!(squares < best[row])) return;
          best[row] = squares;
          images.set(candidate, row * ask.pixels);
        },
        slope: (_, __, change, pull) => 2 * change - pull,
      });
      const broke = state.search.broke.map((before, row) => before || wrong[row]);
      const next = { images, best, descent, search: { ...state.search, broke } };
      return {
        state: step % maxIter === 0 ? beginAgain(next, rows, batch.images, ask.pixels) : next,
        wrong,
        finished: marked(batch.size, []),
      };
    },
  };
}

/** The next constants; the descent begins again at the original. */
function beginAgain(
  state: CarliniL2State,
  rows: readonly number[],
  originals: Float32Array,
  pixels: number,
): CarliniL2State {
  for (const row of rows) restartRow(state.descent, row, rowOf(originals, row, pixels));
  return { ...state, search: nextConstants(state.search, rows) };
}
