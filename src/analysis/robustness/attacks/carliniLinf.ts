import { InputError } from '../../../base/errors.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { type CarliniOptions, checkCarlini } from './carliniL2.ts';
import { type AttackOutcome, attackSamples } from './run/attack.ts';
import type { Samples } from './run/batch.ts';
import { type Method, sealed, type Turn } from './run/method.ts';
import { gather, gatherLabels, lengthOf, marked, rowOf } from './run/rows.ts';
import { copyDescent, descend, fromTanh, openDescent, restartRow, type TanhDescent } from './steps/tanhSpace.ts';

export interface CarliniLinfOptions extends CarliniOptions {
  /** The bound on the change is lowered to this share of what was reached. */
  readonly decreaseFactor: number;
  readonly largestConst: number;
  /** The constant grows by this factor when the bound could not be kept. */
  readonly constFactor: number;
  /** Bounds and constants that are tried, together. */
  readonly rounds: number;
}

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

/**
 * Carlini and Wagner's attack in L∞ (arXiv 1608.04644, section VI.C): Adam in tanh space on Σ max(|change| − τ, 0) + c · max(confidence
 * − lead, 0). Each round that finds a smaller change lowers τ and goes on from there; each that does not raises c.
 * @throws InputError on an option or a pixel out of range
 */
export async function carliniLinf(
  classifier: Classifier,
  samples: Samples,
  options: CarliniLinfOptions,
): Promise<AttackOutcome> {
  checkCarlini('carlini-linf', options);
  const { decreaseFactor, constFactor } = options;
  if (!(decreaseFactor > 0 && decreaseFactor < 1))
    throw new InputError(`carlini-linf: decrease_factor is ${decreaseFactor}; it must be above 0 and below 1`);
  if (!(constFactor > 1)) throw new InputError(`carlini-linf: const_factor is ${constFactor}; it must be above 1`);
  return attackSamples(classifier, samples, options, () => sealed(method(options)));
}

function method(options: CarliniLinfOptions): Method<CarliniLinfState> {
  const { confidence, learningRate, maxIter, initialConst, largestConst, rounds } = options;
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
    step: async (state, turn) => {
      const { batch, rows, ask, step } = turn;
      const { pixels } = ask;
      const descent = copyDescent(state.descent);
      const candidates = gather(Float32Array.from(descent.w, fromTanh), rows, pixels);
      const labels = gatherLabels(batch.labels, rows);
      const answer = await ask.gradients({ loss: 'margin', images: candidates, rows, labels });
      const images = state.images.slice();
      const best = state.best.slice();
      const wrong = marked(batch.size, []);
      rows.forEach((row, i) => {
        const candidate = rowOf(candidates, i, pixels);
        const original = rowOf(batch.images, row, pixels);
        const ahead = answer.losses[i];
        if (ahead > 0 && ahead >= confidence) {
          const change = lengthOf(candidate, 'inf', original);
          wrong[row] = true;
          if (change < best[row]) {
            best[row] = change;
            images.set(candidate, row * pixels);
          }
        }
        const gradient = rowOf(answer.gradients, i, pixels);
        const weight = ahead < confidence || ahead <= 0 ? state.constant[row] : 0;
        descend(descent, row, pixels, learningRate, (p) => {
          const change = candidate[p] - original[p];
          return (Math.abs(change) > state.bound[row] ? Math.sign(change) : 0) - weight * gradient[p];
        });
      });
      const next = { ...state, images, best, descent };
      if (step % maxIter !== 0) return { state: next, wrong, finished: marked(batch.size, []) };
      const begun = nextRound(next, turn, options);
      const finished = Array.from(
        begun.constant,
        (constant, i) => constant > largestConst || begun.bound[i] < SMALLEST_BOUND,
      );
      return { state: begun, wrong, finished };
    },
  };
}

/** Lowers the bounds of rows that did better than before, and raises the constants of the others. */
function nextRound(
  state: CarliniLinfState,
  { rows, ask: { pixels } }: Turn,
  { decreaseFactor, constFactor }: CarliniLinfOptions,
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
