import { InputError } from '../../../base/errors.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { type AttackOptions, type AttackOutcome, attackSamples, checkCount } from './run/attack.ts';
import type { Samples } from './run/batch.ts';
import { type Method, sealed } from './run/method.ts';
import { gather, gatherLabels, lengthOf, marked, rowOf } from './run/rows.ts';
import { copyDescent, descend, fromTanh, openDescent, restartRow, type TanhDescent } from './steps/tanhSpace.ts';

/** Options of all three Carlini-Wagner attacks, named as in ART. */
export interface CarliniOptions extends AttackOptions {
  /** By how much another logit must be ahead. */
  readonly confidence: number;
  readonly learningRate: number;
  /** Steps of Adam for each value of the constant. */
  readonly maxIter: number;
  /** First weight of the misclassification against the distance. */
  readonly initialConst: number;
}

export interface CarliniL2Options extends CarliniOptions {
  /** Values of the constant that are tried. */
  readonly binarySearchSteps: number;
}

interface CarliniL2State {
  readonly images: Float32Array;
  /** Squared distances of `images`. */
  readonly best: Float64Array;
  readonly descent: TanhDescent;
  readonly constant: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Whether the row was misclassified with this constant. */
  readonly broke: readonly boolean[];
}

/** @throws InputError on an option out of range */
export function checkCarlini(attack: string, options: CarliniOptions): void {
  const { confidence, learningRate, maxIter, initialConst } = options;
  checkCount(attack, 'max_iter', maxIter, 1);
  if (!(confidence >= 0)) throw new InputError(`${attack}: confidence is ${confidence}; it must be at least 0`);
  for (const [name, value] of Object.entries({ learning_rate: learningRate, initial_const: initialConst }))
    if (!(value > 0 && Number.isFinite(value)))
      throw new InputError(`${attack}: ${name} is ${value}; it must be above 0`);
}

/**
 * Carlini and Wagner's attack in L2 (arXiv 1608.04644, section VI.A): Adam in tanh space on distance² + c · max(confidence − lead,
 * 0), and a binary search for the smallest c that does. ART replaces Adam by a line search along the gradient.
 * @throws InputError on an option or a pixel out of range
 */
export async function carliniL2(
  classifier: Classifier,
  samples: Samples,
  options: CarliniL2Options,
): Promise<AttackOutcome> {
  checkCarlini('carlini-l2', options);
  checkCount('carlini-l2', 'binary_search_steps', options.binarySearchSteps, 1);
  return attackSamples(classifier, samples, options, () => sealed(method(options)));
}

function method(options: CarliniL2Options): Method<CarliniL2State> {
  const { confidence, learningRate, maxIter, initialConst, binarySearchSteps } = options;
  return {
    steps: binarySearchSteps * maxIter,
    price: { queries: 1, gradients: 1 },
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      best: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      descent: openDescent(images, size),
      constant: new Float64Array(size).fill(initialConst),
      low: new Float64Array(size),
      high: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      broke: marked(size, []),
    }),
    step: async (state, { batch, rows, ask, step }) => {
      const { pixels } = ask;
      const descent = copyDescent(state.descent);
      const candidates = gather(Float32Array.from(descent.w, fromTanh), rows, pixels);
      const answer = await ask.gradients({
        loss: 'margin',
        images: candidates,
        rows,
        labels: gatherLabels(batch.labels, rows),
      });
      const images = state.images.slice();
      const best = state.best.slice();
      const broke = [...state.broke];
      const wrong = marked(batch.size, []);
      rows.forEach((row, i) => {
        const candidate = rowOf(candidates, i, pixels);
        const original = rowOf(batch.images, row, pixels);
        const ahead = answer.losses[i];
        if (ahead > 0 && ahead >= confidence) {
          const squares = lengthOf(candidate, '2', original) ** 2;
          broke[row] = wrong[row] = true;
          if (squares < best[row]) {
            best[row] = squares;
            images.set(candidate, row * pixels);
          }
        }
        const gradient = rowOf(answer.gradients, i, pixels);
        const weight = ahead < confidence || ahead <= 0 ? state.constant[row] : 0;
        descend(descent, row, pixels, learningRate, (p) => 2 * (candidate[p] - original[p]) - weight * gradient[p]);
      });
      const next = { ...state, images, best, descent, broke };
      const isLast = step % maxIter === 0;
      return {
        state: isLast ? nextConstants(next, rows, batch.images, pixels) : next,
        wrong,
        finished: marked(batch.size, []),
      };
    },
  };
}

/** A step of the binary search for the constant; the descent begins again at the original. */
function nextConstants(
  state: CarliniL2State,
  rows: readonly number[],
  originals: Float32Array,
  pixels: number,
): CarliniL2State {
  const constant = state.constant.slice();
  const low = state.low.slice();
  const high = state.high.slice();
  for (const row of rows) {
    if (state.broke[row]) high[row] = Math.min(high[row], constant[row]);
    else low[row] = Math.max(low[row], constant[row]);
    constant[row] = Number.isFinite(high[row]) ? (low[row] + high[row]) / 2 : constant[row] * 10;
    restartRow(state.descent, row, rowOf(originals, row, pixels));
  }
  return { ...state, constant, low, high, broke: marked(constant.length, []) };
}
