import type { StepContext } from '../../run/method.ts';
import { rowOf } from '../../run/rows.ts';

/** Where APGD stands. */
export interface ApgdState {
  readonly images: Float32Array;
  readonly x: Float32Array;
  readonly previous: Float32Array;
  readonly gradient: Float32Array;
  readonly best: Float32Array;
  readonly bestGradient: Float32Array;
  readonly bestLoss: Float64Array;
  readonly stepSize: Float64Array;
  /** Losses at the steps of this start, [maxIter + 1, size]. */
  readonly losses: Float64Array;
  readonly checked: { readonly bestLoss: Float64Array; readonly reduced: readonly boolean[] };
  /** In L1: the share of pixels that a step changes, and how many the best point has changed when that was last looked at. */
  readonly sparsity: Float64Array;
  readonly changed: Float64Array;
  /** Logits of the originals, by which targets are chosen: [size, classes]. */
  readonly originalLogits: Float32Array;
}

/** A state before the first step. @param steps of a start */
export const freshState = (images: Float32Array, size: number, classes: number, steps: number): ApgdState => ({
  images,
  x: images,
  previous: images,
  gradient: new Float32Array(images.length),
  best: images,
  bestGradient: new Float32Array(images.length),
  bestLoss: new Float64Array(size),
  stepSize: new Float64Array(size),
  losses: new Float64Array(steps * size),
  checked: { bestLoss: new Float64Array(size), reduced: new Array<boolean>(size).fill(true) },
  sparsity: new Float64Array(size),
  changed: new Float64Array(size),
  originalLogits: new Float32Array(size * classes),
});

/** What of APGD depends on the norm. Radii are those of each row's ball. */
export interface ApgdRule {
  /** The iterations, of so many, after which step sizes are looked at. */
  checkpoints(maxIter: number): readonly number[];
  /** A state at random points of the balls, with the first step sizes. */
  begin(state: ApgdState, context: StepContext, start: ApgdStart): ApgdState;
  /** A step along the gradient. @param at from 1 */
  advance(state: ApgdState, context: StepContext, radii: Float64Array, at: number): ApgdState;
  /** Chooses new step sizes. @param since the step of the checkpoint before */
  adapt(state: ApgdState, context: StepContext, radii: Float64Array, since: number, at: number): ApgdState;
}

export interface ApgdStart {
  readonly radii: Float64Array;
  readonly seed: number;
  /** Every round has random numbers of its own. */
  readonly round: number;
}

/** The state with some rows back at their best points. */
export function backToBest(state: ApgdState, rows: readonly number[], pixels: number): ApgdState {
  const x = state.x.slice();
  const gradient = state.gradient.slice();
  for (const row of rows) {
    x.set(rowOf(state.best, row, pixels), row * pixels);
    gradient.set(rowOf(state.bestGradient, row, pixels), row * pixels);
  }
  return { ...state, x, gradient };
}
