import { drawNormal, drawUniform, streamId } from '../../../../../base/philox.ts';
import { clipPixel, lengthOf, rowOf } from '../../run/rows.ts';
import { type ApgdRule, backToBest } from './apgdRule.ts';

/** Share of rising steps below which the step is halved, and the share of the way that is not momentum (the authors' values). */
const RHO = 0.75;
const ALPHA = 0.75;

/** The iterations after which the step size is looked at: shares of all, falling from 0.22 by 0.03 to 0.06. */
function checkpoints(maxIter: number): readonly number[] {
  const atLeast = (share: number) => Math.max(Math.trunc(share * maxIter), 1);
  const found: number[] = [];
  let period = atLeast(0.22);
  for (let at = period; at <= maxIter; at += period) {
    found.push(at);
    period = Math.max(period - atLeast(0.03), atLeast(0.06));
  }
  return found;
}

/**
 * APGD in L∞ and L2 (Croce and Hein, arXiv 2003.01690, algorithm 1): momentum, and steps that are halved.
 * @param keepOnce whether a step that was kept at one check is halved at the next, whatever the loss did
 */
export const denseApgd = (norm: 'inf' | '2', keepOnce = false): ApgdRule => ({
  checkpoints,
  /** Random points on the spheres around the originals, clipped to [0, 1]. */
  begin: (state, { rows, batch, ask: { pixels } }, { radii, seed, round }) => {
    const x = state.x.slice();
    for (const row of rows) {
      const source = { seed, stream: streamId(`apgd.start.${round}`), substream: batch.sample[row] };
      const noise = norm === 'inf' ? drawUniform(source, pixels).map((u) => 2 * u - 1) : drawNormal(source, pixels);
      const factor = radii[row] / lengthOf(noise, norm);
      const from = rowOf(batch.images, row, pixels);
      const image = rowOf(x, row, pixels);
      for (let p = 0; p < pixels; p++) image[p] = clipPixel(from[p] + factor * noise[p]);
    }
    return { ...state, x, stepSize: radii.map((eps) => 2 * eps) };
  },
  /** A step along the gradient, and momentum: equation 2 of the paper. */
  advance: (state, { rows, batch, ask: { pixels } }, radii, at) => {
    const x = state.x.slice();
    const previous = state.previous.slice();
    // The way before the first step is no momentum.
    const share = at > 1 ? ALPHA : 1;
    const z = new Float64Array(pixels);
    for (const row of rows) {
      const image = rowOf(x, row, pixels);
      const from = rowOf(batch.images, row, pixels);
      const before = rowOf(previous, row, pixels);
      const gradient = rowOf(state.gradient, row, pixels);
      const length = norm === '2' ? lengthOf(gradient, '2') + 1e-12 : 1;
      for (let p = 0; p < pixels; p++) {
        const direction = norm === 'inf' ? Math.sign(gradient[p]) : gradient[p] / length;
        z[p] = image[p] + state.stepSize[row] * direction;
      }
      projectAndClip(z, from, norm, radii[row]);
      for (let p = 0; p < pixels; p++)
        z[p] = image[p] + share * (z[p] - image[p]) + (1 - share) * (image[p] - before[p]);
      projectAndClip(z, from, norm, radii[row]);
      before.set(image);
      image.set(z);
    }
    return { ...state, x, previous };
  },
  /** Halves the steps of rows whose loss did not rise often enough, or not at all with the same step: conditions 1 and 2. */
  adapt: (state, { rows, batch: { size }, ask: { pixels } }, _, since, at) => {
    const stepSize = state.stepSize.slice();
    const reduced = [...state.checked.reduced];
    for (const row of rows) {
      let rises = 0;
      for (let k = since + 1; k <= at; k++)
        if (state.losses[k * size + row] > state.losses[(k - 1) * size + row]) rises++;
      const stuck = !state.checked.reduced[row] && (keepOnce || state.checked.bestLoss[row] >= state.bestLoss[row]);
      reduced[row] = rises <= RHO * (at - since) || stuck;
      if (reduced[row]) stepSize[row] /= 2;
    }
    const back = backToBest(
      state,
      rows.filter((row) => reduced[row]),
      pixels,
    );
    return { ...back, stepSize, checked: { bestLoss: state.bestLoss, reduced } };
  },
});

/** Onto the ball around `centre`, then into [0, 1], in place. */
function projectAndClip(z: Float64Array, centre: ArrayLike<number>, norm: 'inf' | '2', eps: number): void {
  if (norm === 'inf') {
    for (let p = 0; p < z.length; p++) z[p] = clipPixel(Math.min(centre[p] + eps, Math.max(centre[p] - eps, z[p])));
    return;
  }
  const distance = lengthOf(z, '2', centre);
  const factor = distance > eps ? eps / distance : 1;
  for (let p = 0; p < z.length; p++) z[p] = clipPixel(centre[p] + (z[p] - centre[p]) * factor);
}
