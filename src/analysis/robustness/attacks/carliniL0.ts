import { elements } from '../../../engine/index.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { type CarliniOptions, checkCarlini } from './carliniL2.ts';
import { type AttackOutcome, attackSamples, checkCount } from './run/attack.ts';
import type { Samples } from './run/batch.ts';
import { type Method, sealed } from './run/method.ts';
import { gather, gatherLabels, lengthOf, marked, rowOf } from './run/rows.ts';
import { copyDescent, descend, fromTanh, openDescent, restartRow, type TanhDescent } from './steps/tanhSpace.ts';

export interface CarliniL0Options extends CarliniOptions {
  readonly largestConst: number;
  /** Choices of places that are tried. */
  readonly rounds: number;
}

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

/**
 * Carlini and Wagner's attack in L0 (arXiv 1608.04644, section VI.B): attacks in L2, fixes the places that did least for it
 * (gradient times change), and again with what is left, until no image is found. Here the share that is fixed is halved when the
 * places left do not suffice, and the last choice that did is taken up again. ART repeats this channels + 1 times only: twice for
 * grey images.
 * @throws InputError on an option or a pixel out of range
 */
export async function carliniL0(
  classifier: Classifier,
  samples: Samples,
  options: CarliniL0Options,
): Promise<AttackOutcome> {
  checkCarlini('carlini-l0', options);
  checkCount('carlini-l0', 'rounds', options.rounds, 1);
  return attackSamples(classifier, samples, options, () => sealed(method(classifier, options)));
}

function method({ shape }: Classifier, options: CarliniL0Options): Method<CarliniL0State> {
  const { confidence, learningRate, maxIter, initialConst, largestConst, rounds } = options;
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
    step: async (state, { batch, rows, ask, step }) => {
      const descent = copyDescent(state.descent);
      const candidates = gather(Float32Array.from(descent.w, fromTanh), rows, pixels);
      rows.forEach((row, i) => {
        const own = rowOf(candidates, i, pixels);
        const original = rowOf(batch.images, row, pixels);
        for (let p = 0; p < pixels; p++) if (state.free[row * places + (p % places)] === 0) own[p] = original[p];
      });
      const labels = gatherLabels(batch.labels, rows);
      const answer = await ask.gradients({ loss: 'margin', images: candidates, rows, labels });
      const next = {
        ...state,
        descent,
        found: state.found.slice(),
        best: state.best.slice(),
        effect: state.effect.slice(),
      };
      const wrong = marked(batch.size, []);
      rows.forEach((row, i) => {
        const candidate = rowOf(candidates, i, pixels);
        const original = rowOf(batch.images, row, pixels);
        const gradient = rowOf(answer.gradients, i, pixels);
        const ahead = answer.losses[i];
        const squares = lengthOf(candidate, '2', original) ** 2;
        if (ahead > 0 && ahead >= confidence) {
          wrong[row] = true;
          if (squares < next.best[row]) {
            next.best[row] = squares;
            next.found.set(candidate, row * pixels);
            next.effect.fill(0, row * places, (row + 1) * places);
            for (let p = 0; p < pixels; p++)
              next.effect[row * places + (p % places)] += Math.abs(gradient[p] * (candidate[p] - original[p]));
          }
        }
        const weight = ahead < confidence || ahead <= 0 ? state.constant[row] : 0;
        descend(descent, row, pixels, learningRate, (p) =>
          state.free[row * places + (p % places)] === 1 ? 2 * (candidate[p] - original[p]) - weight * gradient[p] : 0,
        );
      });
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
      const own = free.subarray(row * places, (row + 1) * places);
      const before = freeBefore.subarray(row * places, (row + 1) * places);
      if (Number.isFinite(state.best[row])) {
        images.set(rowOf(state.found, row, pixels), row * pixels);
        before.set(own);
        finished[row] = !fix(own, state.effect.subarray(row * places, (row + 1) * places), share[row]);
      } else if (constant[row] * 10 <= largestConst) constant[row] *= 10;
      else {
        share[row] /= 2;
        constant[row] = initialConst;
        own.set(before);
        const isHopeless = rowOf(images, row, pixels).every((pixel, p) => pixel === originals[row * pixels + p]);
        finished[row] = isHopeless || !fix(own, state.effect.subarray(row * places, (row + 1) * places), share[row]);
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
