import { drawNormal, streamId } from '../../../../../base/philox.ts';
import type { StepContext } from '../../run/method.ts';
import { rowOf } from '../../run/rows.ts';
import { projectOntoL1Ball } from '../l1Ball.ts';
import { type ApgdRule, type ApgdState, backToBest } from './apgdRule.ts';

/** The share of pixels that the first steps change, and what it is of those that the best point has changed (the authors' values). */
const FIRST_SPARSITY = 0.2;
const SPARSER = 1 / 1.5;
/** A share of changed pixels that falls by less makes steps shorter, by a factor, down to a share of the first. */
const STILL_SPARSER = 0.95;
const SHORTER = 1.5;
const SHORTEST = 0.1;

/** APGD in L1 (Croce and Hein, arXiv 2103.01208, algorithm 1): steps that change few pixels, fewer the fewer the best point needs. */
export const sparseApgd: ApgdRule = {
  checkpoints: (maxIter) => {
    const period = Math.max(Math.trunc(0.04 * maxIter), 1);
    return Array.from({ length: Math.floor(maxIter / period) }, (_, i) => (i + 1) * period);
  },
  begin: (state, { rows, batch, ask: { pixels } }, { radii, seed, round }) => {
    const x = state.x.slice();
    const sparsity = state.sparsity.slice();
    const changed = state.changed.slice();
    for (const row of rows) {
      const source = { seed, stream: streamId(`apgd.start.${round}`), substream: batch.sample[row] };
      const from = rowOf(batch.images, row, pixels);
      const z = Float64Array.from(drawNormal(source, pixels), (noise, p) => from[p] + noise);
      projectOntoL1Ball(z, from, radii[row]);
      x.set(z, row * pixels);
      sparsity[row] = FIRST_SPARSITY;
      changed[row] = pixels;
    }
    return { ...state, x, sparsity, changed, stepSize: radii.slice() };
  },
  advance: (state, { rows, batch, ask: { pixels } }, radii) => {
    const x = state.x.slice();
    for (const row of rows) {
      const image = rowOf(x, row, pixels);
      const direction = largestSigns(rowOf(state.gradient, row, pixels), state.sparsity[row]);
      const z = Float64Array.from(image, (pixel, p) => pixel + state.stepSize[row] * direction[p]);
      projectOntoL1Ball(z, rowOf(batch.images, row, pixels), radii[row]);
      image.set(z);
    }
    return { ...state, x };
  },
  adapt: (state, context, radii) => {
    const { rows, ask } = context;
    const stepSize = state.stepSize.slice();
    const counts = changedPixels(state.best, context);
    const sparser = rows.filter((row) => counts[row] < STILL_SPARSER * state.changed[row]);
    for (const row of rows)
      stepSize[row] = sparser.includes(row) ? radii[row] : Math.max(stepSize[row] / SHORTER, SHORTEST * radii[row]);
    return { ...backToBest(state, sparser, ask.pixels), ...withSparsity(state, context, counts), stepSize };
  },
};

/** Goes on from the best points in other balls: projects them, and takes the first steps again. */
export function beginFromBest(state: ApgdState, context: StepContext, radii: Float64Array): ApgdState {
  const { rows, batch, ask } = context;
  const x = state.x.slice();
  for (const row of rows) {
    const z = Float64Array.from(rowOf(state.best, row, ask.pixels));
    projectOntoL1Ball(z, rowOf(batch.images, row, ask.pixels), radii[row]);
    x.set(z, row * ask.pixels);
  }
  return { ...state, x, ...withSparsity(state, context, changedPixels(x, context)), stepSize: radii.slice() };
}

/** How many of the rows' values differ from the originals, for each row of the batch. */
function changedPixels(images: Float32Array, { rows, batch, ask: { pixels } }: StepContext): Float64Array {
  const counts = new Float64Array(batch.size);
  for (const row of rows) {
    const original = rowOf(batch.images, row, pixels);
    counts[row] = rowOf(images, row, pixels).reduce((sum, value, p) => sum + (value === original[p] ? 0 : 1), 0);
  }
  return counts;
}

/** The rows' sparsity that follows from how many pixels their best points have changed. */
function withSparsity(
  state: ApgdState,
  { rows, ask: { pixels } }: StepContext,
  counts: Float64Array,
): Pick<ApgdState, 'sparsity' | 'changed'> {
  const sparsity = state.sparsity.slice();
  const changed = state.changed.slice();
  for (const row of rows) {
    sparsity[row] = (counts[row] / pixels) * SPARSER;
    changed[row] = counts[row];
  }
  return { sparsity, changed };
}

/** Signs of the largest values of a gradient, 0 for all others, of L1 norm 1. @param share of the values, at least one */
function largestSigns(gradient: Float32Array, share: number): Float64Array {
  const sizes = gradient.map(Math.abs).sort();
  const place = Math.trunc(Math.min(sizes.length - 1, Math.max(0, (1 - share) * sizes.length)));
  const least = sizes[place];
  const signs = Float64Array.from(gradient, (value) => (Math.abs(value) >= least ? Math.sign(value) : 0));
  const count = signs.reduce((sum, sign) => sum + Math.abs(sign), 0);
  return signs.map((sign) => sign / Math.max(1, count));
}
