import { integer, type ValuesOf } from '../../../../base/parameter.ts';
import { elements } from '../../../../engine/index.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method } from '../run/method.ts';
import { lengthOf, marked, rowOf } from '../run/rows.ts';
import { carliniParameters, carliniStep, largestConst } from '../steps/carlini.ts';
import { openDescent, restartRow, type TanhDescent } from '../steps/tanhSpace.ts';

const parameters = {
  ...carliniParameters({ learningRate: 0.1, maxIter: 20, initialConst: 1 }),
  largestConst: largestConst(1000),
  rounds: integer({ from: 1, default: 30, about: 'choices of places that are tried' }),
};

type Settings = ValuesOf<typeof parameters>;

/**
 * Carlini and Wagner's attack in L0 (arXiv 1608.04644, section VI.B): attacks in L2, fixes the places that did least for it
 * (gradient times change), and again with what is left, until no image is found. Here the share that is fixed is halved when the
 * places left do not suffice, and the last choice that did is taken up again. ART repeats this channels + 1 times only: twice for
 * grey images.
 */
export const carliniL0 = defineAttack({
  name: 'carlini-l0',
  title: 'Carlini-Wagner L₀',
  about: 'fewer and fewer pixels that may change, by Adam',
  source: 'arXiv 1608.04644',
  asks: 'gradients',
  strength: 'none',
  norms: ['0'],
  parameters,
  passes: ({ maxIter, rounds }) => maxIter * WITH_GRADIENT * rounds,
  method: (classifier, _, settings) => method(classifier, settings),
});

interface CarliniL0State {
  readonly images: Float32Array;
  readonly descent: TanhDescent;
  /** 1 for each place [H, W] of each row that may change. */
  readonly free: Uint8Array;
  /** The places that were free when `images` was found. */
  readonly freeBefore: Uint8Array;
  readonly constant: Float64Array;
  /** Share of the free places that is fixed after a success. */
  readonly share: Float64Array;
  /** Nearest adversarial image of this round, its squared distance, and how much each place does for it. */
  readonly found: Float32Array;
  readonly best: Float64Array;
  readonly effect: Float64Array;
}

const FIRST_SHARE = 0.3;

function method({ shape }: Classifier, settings: Settings): Method<CarliniL0State> {
  const { maxIter, initialConst, largestConst: largest, rounds } = settings;
  const places = shape[1] * shape[2];
  const pixels = elements(shape);
  return {
    steps: rounds * maxIter,
    price: { queries: 1, gradients: 1 },
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      descent: openDescent(images, size),
      free: new Uint8Array(size * places).fill(1),
      freeBefore: new Uint8Array(size * places).fill(1),
      constant: new Float64Array(size).fill(initialConst),
      share: new Float64Array(size).fill(FIRST_SHARE),
      found: images,
      best: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      effect: new Float64Array(size * places),
    }),
    step: async (state, context) => {
      const { batch, rows, step } = context;
      const found = state.found.slice();
      const best = state.best.slice();
      const effect = state.effect.slice();
      const isFree = (row: number, pixel: number) => state.free[row * places + (pixel % places)] === 1;
      const { descent, wrong } = await carliniStep(state.descent, context, {
        ...settings,
        constant: state.constant,
        restrict: (row, candidate, original) => {
          for (let p = 0; p < pixels; p++) if (!isFree(row, p)) candidate[p] = original[p];
        },
        onSuccess: (row, candidate, original, gradient) => {
          const squares = lengthOf(candidate, '2', original) ** 2;
          if (!(squares < best[row])) return;
          best[row] = squares;
          found.set(candidate, row * pixels);
          effect.fill(0, row * places, (row + 1) * places);
          for (let p = 0; p < pixels; p++)
            effect[row * places + (p % places)] += Math.abs(gradient[p] * (candidate[p] - original[p]));
        },
        slope: (row, p, change, pull) => (isFree(row, p) ? 2 * change - pull : 0),
      });
      const next = { ...state, descent, found, best, effect };
      if (step % maxIter !== 0) return { state: next, wrong, finished: marked(batch.size, []) };
      return { ...nextRound(next, rows, batch.images), wrong };
    },
  };

  /** Fixes places of rows that were broken; of the others, raises the constant or takes fewer places away. */
  function nextRound(state: CarliniL0State, rows: readonly number[], originals: Float32Array) {
    const images = state.images.slice();
    const free = state.free.slice();
    const freeBefore = state.freeBefore.slice();
    const constant = state.constant.slice();
    const share = state.share.slice();
    const finished = marked(share.length, []);
    for (const row of rows) {
      const mask = free.subarray(row * places, (row + 1) * places);
      const before = freeBefore.subarray(row * places, (row + 1) * places);
      if (Number.isFinite(state.best[row])) {
        images.set(rowOf(state.found, row, pixels), row * pixels);
        before.set(mask);
        finished[row] = !fix(mask, state.effect.subarray(row * places, (row + 1) * places), share[row]);
      } else if (constant[row] * 10 <= largest) constant[row] *= 10;
      else {
        share[row] /= 2;
        constant[row] = initialConst;
        mask.set(before);
        const isHopeless = rowOf(images, row, pixels).every((pixel, p) => pixel === originals[row * pixels + p]);
        finished[row] = isHopeless || !fix(mask, state.effect.subarray(row * places, (row + 1) * places), share[row]);
      }
      restartRow(state.descent, row, rowOf(images, row, pixels));
    }
    const best = state.best.slice();
    for (const row of rows) best[row] = Number.POSITIVE_INFINITY;
    return { state: { ...state, images, free, freeBefore, constant, share, best }, finished };
  }
}

/** Fixes the share of the free places that did least, in place. @returns false when that is none, or all */
function fix(free: Uint8Array, effect: Float64Array, share: number): boolean {
  const candidates = Array.from(free.keys()).filter((place) => free[place] === 1);
  const number = Math.ceil(share * candidates.length - 0.5);
  if (number < 1 || number >= candidates.length) return false;
  candidates.sort((a, b) => effect[a] - effect[b] || a - b);
  for (const place of candidates.slice(0, number)) free[place] = 0;
  return true;
}
