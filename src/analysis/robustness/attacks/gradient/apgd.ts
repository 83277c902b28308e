import { integer } from '../../../../base/parameter.ts';
import { drawNormal, drawUniform, streamId } from '../../../../base/philox.ts';
import type { LossName } from '../../losses.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method, StepContext, StepOutcome } from '../run/method.ts';
import { clipPixel, gather, gatherLabels, largestPlace, lengthOf, marked, rowOf } from '../run/rows.ts';
import { logitsOfOriginals, otherClass } from '../steps/likeliestClasses.ts';

export type ApgdLoss = Extract<LossName, 'cross-entropy' | 'dlr' | 'targeted-dlr'>;

export interface ApgdSettings {
  readonly norm: 'inf' | '2';
  readonly maxIter: number;
  readonly loss: ApgdLoss;
  /** Random starts, each for those samples that withstood the ones before. With `targeted-dlr`, for each target. */
  readonly numRandomInit: number;
  /** How many of the likeliest other classes are targets, one after the other; with `targeted-dlr` only. */
  readonly targets: number;
  readonly seed: number;
}

/** What all three have in common. */
const common = {
  source: 'arXiv 2003.01690',
  asks: 'gradients',
  strength: 'eps',
  norms: ['inf', '2'],
} as const;

const parameters = {
  maxIter: integer({ from: 1, default: 100, about: 'steps' }),
  numRandomInit: integer({ from: 1, default: 1, about: 'random starts' }),
};

/**
 * Auto-PGD on the cross-entropy (Croce and Hein, arXiv 2003.01690, algorithm 1): momentum, and a step size that is halved when the loss
 * has not risen often enough, going back to the best point then. A sample stops when it is misclassified.
 */
export const apgdCrossEntropy = defineAttack({
  ...common,
  name: 'apgd-ce',
  title: 'APGD-CE',
  about: 'PGD that chooses its step size, on the cross-entropy',
  parameters,
  passes: ({ maxIter, numRandomInit }) => maxIter * WITH_GRADIENT * numRandomInit,
  method: ({ classes }, _, settings) => apgdMethod(classes, { ...settings, loss: 'cross-entropy', targets: 1 }),
});

/** Auto-PGD on the difference of logits ratio (Croce and Hein, arXiv 2003.01690, section 5). */
export const apgdDlr = defineAttack({
  ...common,
  name: 'apgd-dlr',
  title: 'APGD-DLR',
  about: 'PGD that chooses its step size, on the difference of logits ratio',
  parameters,
  passes: ({ maxIter, numRandomInit }) => maxIter * WITH_GRADIENT * numRandomInit,
  method: ({ classes }, _, settings) => apgdMethod(classes, { ...settings, loss: 'dlr', targets: 1 }),
});

/** Auto-PGD on the targeted difference of logits ratio, with one target after the other (Croce and Hein, arXiv 2003.01690, section 5). */
export const apgdTargeted = defineAttack({
  ...common,
  name: 'apgd-t',
  title: 'APGD-T',
  about: 'PGD that chooses its step size, towards one class after the other',
  parameters: {
    ...parameters,
    targets: integer({ from: 1, default: 9, about: 'likeliest other classes that are aimed at, one after the other' }),
  },
  passes: ({ maxIter, targets }) => maxIter * WITH_GRADIENT * targets,
  method: ({ classes }, _, settings) => apgdMethod(classes, { ...settings, loss: 'targeted-dlr' }),
});

interface ApgdState {
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
  /** Logits of the originals, by which targets are chosen: [size, classes]. */
  readonly originalLogits: Float32Array;
}

/** Share of rising steps below which the step is halved, and the share of the way that is not momentum (the authors' values). */
const RHO = 0.75;
const ALPHA = 0.75;

/** The iterations after which the step size is looked at: shares of all, falling from 0.22 by 0.03 to 0.06. */
function checkpoints(maxIter: number): ReadonlySet<number> {
  const atLeast = (share: number) => Math.max(Math.trunc(share * maxIter), 1);
  const found = new Set<number>();
  let period = atLeast(0.22);
  for (let at = period; at <= maxIter; at += period) {
    found.add(at);
    period = Math.max(period - atLeast(0.03), atLeast(0.06));
  }
  return found;
}

/** APGD as steps; each start takes one step more than `maxIter`, to look at where it begins. */
export function apgdMethod(classes: number, settings: ApgdSettings): Method<ApgdState> {
  const { norm, maxIter, loss, numRandomInit, seed } = settings;
  const isTargeted = loss === 'targeted-dlr';
  const targets = isTargeted ? Math.min(settings.targets, classes - 1) : 1;
  const stepsOfStart = maxIter + 1;
  const checks = [...checkpoints(maxIter)];

  /** The classes, beside the labels, that the loss is about. */
  const othersOf = ({ originalLogits }: ApgdState, { rows, batch: { labels } }: StepContext, target: number) =>
    isTargeted
      ? Int32Array.from(rows, (row) => otherClass(rowOf(originalLogits, row, classes), labels[row], target))
      : gatherLabels(labels, rows);

  return {
    steps: stepsOfStart * numRandomInit * targets,
    images: ({ images }) => images,
    price: { queries: 1, gradients: 1 },
    asksOfImages: true,
    open: ({ images, size }) => freshState(images, size, classes, stepsOfStart),
    step: async (state, context) => {
      const at = (context.step - 1) % stepsOfStart;
      const round = Math.floor((context.step - 1) / stepsOfStart);
      const target = Math.floor(round / numRandomInit);
      if (at > 0) {
        const moved = advance(state, context, norm, at);
        const seen = await look(moved, context, { loss, others: othersOf(moved, context, target), at });
        const since = checks[checks.indexOf(at) - 1] ?? 0;
        return checks.includes(at) ? { ...seen, state: adapt(seen.state, context, since, at) } : seen;
      }
      const originalLogits =
        isTargeted && round === 0
          ? await logitsOfOriginals(state.originalLogits, context, classes)
          : state.originalLogits;
      const x = begin(state.x, context, norm, { seed, round });
      const stepSize = Float64Array.from(context.batch.strength, (eps) => 2 * eps);
      const started = { ...state, originalLogits, x, previous: x, best: x, stepSize };
      const seen = await look(started, context, { loss, others: othersOf(started, context, target), at });
      const reduced = new Array<boolean>(context.batch.size).fill(true);
      return { ...seen, state: { ...seen.state, checked: { bestLoss: seen.state.bestLoss, reduced } } };
    },
  };
}

/** A state before the first step. @param steps of a start */
const freshState = (images: Float32Array, size: number, classes: number, steps: number): ApgdState => ({
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
  originalLogits: new Float32Array(size * classes),
});

/** Asks for loss and gradient at `x`, and keeps what is best. @param at the step of its start, from 0 */
async function look(
  state: ApgdState,
  { rows, batch, ask }: StepContext,
  { loss, others, at }: { readonly loss: ApgdLoss; readonly others: Int32Array; readonly at: number },
): Promise<StepOutcome<ApgdState>> {
  const { pixels } = ask;
  const labels = gatherLabels(batch.labels, rows);
  const answer = await ask.gradients({ loss, images: gather(state.x, rows, pixels), rows, labels, others });
  const classes = answer.logits.length / rows.length;
  const next = {
    ...state,
    images: state.images.slice(),
    gradient: state.gradient.slice(),
    best: state.best.slice(),
    bestGradient: state.bestGradient.slice(),
    bestLoss: state.bestLoss.slice(),
    losses: state.losses.slice(),
  };
  const magnitudes = new Float64Array(batch.size);
  const wrong = marked(batch.size, []);
  rows.forEach((row, i) => {
    const image = rowOf(state.x, row, pixels);
    const gradient = rowOf(answer.gradients, i, pixels);
    magnitudes[row] = lengthOf(gradient, '1');
    next.images.set(image, row * pixels);
    next.gradient.set(gradient, row * pixels);
    next.losses[at * batch.size + row] = answer.losses[i];
    wrong[row] = largestPlace(rowOf(answer.logits, i, classes)) !== batch.labels[row];
    if (at > 0 && !(answer.losses[i] > state.bestLoss[row])) return;
    next.best.set(image, row * pixels);
    next.bestGradient.set(gradient, row * pixels);
    next.bestLoss[row] = answer.losses[i];
  });
  return { state: next, wrong, magnitudes };
}

/**
 * Halves the steps of rows whose loss did not rise often enough, or not at all with the same step: conditions 1 and 2.
 * @param since the step of the checkpoint before
 */
function adapt(state: ApgdState, { rows, batch, ask }: StepContext, since: number, at: number): ApgdState {
  const { pixels } = ask;
  const { size } = batch;
  const stepSize = state.stepSize.slice();
  const x = state.x.slice();
  const gradient = state.gradient.slice();
  const reduced = [...state.checked.reduced];
  for (const row of rows) {
    let rises = 0;
    for (let k = since + 1; k <= at; k++)
      if (state.losses[k * size + row] > state.losses[(k - 1) * size + row]) rises++;
    const stuck = !state.checked.reduced[row] && state.checked.bestLoss[row] >= state.bestLoss[row];
    reduced[row] = rises <= RHO * (at - since) || stuck;
    if (!reduced[row]) continue;
    stepSize[row] /= 2;
    x.set(rowOf(state.best, row, pixels), row * pixels);
    gradient.set(rowOf(state.bestGradient, row, pixels), row * pixels);
  }
  return { ...state, stepSize, x, gradient, checked: { bestLoss: state.bestLoss, reduced } };
}

/** Random points on the spheres around the originals, clipped to [0, 1]. */
function begin(
  latest: Float32Array,
  { rows, batch, ask }: StepContext,
  norm: 'inf' | '2',
  { seed, round }: { readonly seed: number; readonly round: number },
): Float32Array {
  const { pixels } = ask;
  const x = latest.slice();
  for (const row of rows) {
    const source = { seed, stream: streamId(`apgd.start.${round}`), substream: batch.sample[row] };
    const noise = norm === 'inf' ? drawUniform(source, pixels).map((u) => 2 * u - 1) : drawNormal(source, pixels);
    const factor = batch.strength[row] / lengthOf(noise, norm);
    const from = rowOf(batch.images, row, pixels);
    const image = rowOf(x, row, pixels);
    for (let p = 0; p < pixels; p++) image[p] = clipPixel(from[p] + factor * noise[p]);
  }
  return x;
}

/** A step along the gradient, and momentum: equation 2 of the paper. */
function advance(state: ApgdState, { rows, batch, ask }: StepContext, norm: 'inf' | '2', at: number): ApgdState {
  const { pixels } = ask;
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
    const eps = batch.strength[row];
    const length = norm === '2' ? lengthOf(gradient, '2') + 1e-12 : 1;
    for (let p = 0; p < pixels; p++) {
      const direction = norm === 'inf' ? Math.sign(gradient[p]) : gradient[p] / length;
      z[p] = image[p] + state.stepSize[row] * direction;
    }
    projectAndClip(z, from, norm, eps);
    for (let p = 0; p < pixels; p++) z[p] = image[p] + share * (z[p] - image[p]) + (1 - share) * (image[p] - before[p]);
    projectAndClip(z, from, norm, eps);
    before.set(image);
    image.set(z);
  }
  return { ...state, x, previous };
}

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
