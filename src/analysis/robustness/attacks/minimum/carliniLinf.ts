import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method, StepContext } from '../run/method.ts';
import { lengthOf, marked, rowOf } from '../run/rows.ts';
import { carliniParameters, carliniStep, largestConst } from '../steps/carlini.ts';
import { openDescent, restartRow, type TanhDescent } from '../steps/tanhSpace.ts';

const parameters = {
  ...carliniParameters({ learningRate: 0.05, maxIter: 20, initialConst: 0.1 }),
  largestConst: largestConst(20),
  decreaseFactor: number({
    above: 0,
    below: 1,
    default: 0.9,
    takes: 'share',
    about: 'share of the change that a success reached that is the next bound',
  }),
  constFactor: number({
    above: 1,
    default: 2,
    takes: 'factor',
    about: 'factor of the weight of misclassification after a bound that could not be kept',
  }),
  rounds: integer({ from: 1, default: 30, about: 'bounds and weights that are tried, together' }),
};

type Settings = ValuesOf<typeof parameters>;

/**
 * Carlini and Wagner's attack in L∞ (arXiv 1608.04644, section VI.C): Adam in tanh space on Σ max(|change| − τ, 0) + c · max(confidence
 * − lead, 0). Each round that finds a smaller change lowers τ and goes on from there; each that does not raises c.
 */
export const carliniLinf = defineAttack({
  name: 'carlini-linf',
  title: 'Carlini-Wagner L∞',
  about: 'largest change against misclassification, by Adam',
  source: 'arXiv 1608.04644',
  asks: 'gradients',
  strength: 'none',
  norms: ['inf'],
  parameters,
  passes: ({ maxIter, rounds }) => maxIter * WITH_GRADIENT * rounds,
  method: (_, __, settings) => method(settings),
});

interface CarliniLinfState {
  readonly images: Float32Array;
  /** Largest change of `images`. */
  readonly best: Float64Array;
  readonly descent: TanhDescent;
  readonly constant: Float64Array;
  readonly bound: Float64Array;
  /** `best` when this round began. */
  readonly before: Float64Array;
}

/** Changes below half a grey level are as good as none. */
const SMALLEST_BOUND = 1 / 256;

function method(settings: Settings): Method<CarliniLinfState> {
  const { maxIter, initialConst, largestConst: largest, rounds } = settings;
  return {
    steps: rounds * maxIter,
    price: { queries: 1, gradients: 1 },
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      best: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      before: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      descent: openDescent(images, size),
      constant: new Float64Array(size).fill(initialConst),
      bound: new Float64Array(size).fill(1),
    }),
    step: async (state, context) => {
      const { batch, ask, step } = context;
      const images = state.images.slice();
      const best = state.best.slice();
      const { descent, wrong } = await carliniStep(state.descent, context, {
        ...settings,
        constant: state.constant,
        onSuccess: (row, candidate, original) => {
          const change = lengthOf(candidate, 'inf', original);
          if (!(change < best[row])) return;
          best[row] = change;
          images.set(candidate, row * ask.pixels);
        },
        slope: (row, _, change, pull) => (Math.abs(change) > state.bound[row] ? Math.sign(change) : 0) - pull,
      });
      const next = { ...state, images, best, descent };
      if (step % maxIter !== 0) return { state: next, wrong, finished: marked(batch.size, []) };
      const begun = nextRound(next, context, settings);
      const finished = Array.from(
        begun.constant,
        (constant, i) => constant > largest || begun.bound[i] < SMALLEST_BOUND,
      );
      return { state: begun, wrong, finished };
    },
  };
}

/** Lowers the bounds of rows that did better than before, and raises the constants of the others. */
function nextRound(
  state: CarliniLinfState,
  { rows, ask: { pixels } }: StepContext,
  { decreaseFactor, constFactor }: Settings,
): CarliniLinfState {
  const constant = state.constant.slice();
  const bound = state.bound.slice();
  for (const row of rows) {
    if (state.best[row] < state.before[row]) bound[row] = Math.min(bound[row], state.best[row]) * decreaseFactor;
    else constant[row] *= constFactor;
    restartRow(state.descent, row, rowOf(state.images, row, pixels));
  }
  return { ...state, constant, bound, before: state.best };
}
