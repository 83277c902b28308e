import { integer } from '../../../../base/parameter.ts';
import { drawNormal, drawUniform, streamId } from '../../../../base/philox.ts';
import type { NormName } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method, StepContext, StepOutcome } from '../run/method.ts';
import { clipPixel, gather, gatherLabels, largestPlace, lengthOf, marked, rowOf } from '../run/rows.ts';
import { wayToHyperplane } from '../steps/borders/hyperplane.ts';
import { logitsOfOriginals, otherClass } from '../steps/likeliestClasses.ts';

export interface FabSettings {
  readonly norm: NormName;
  /**
   * Only an adversarial image within this distance is a success, and ends the attack on the sample. Left out: any is, and the attack
   * goes on.
   */
  readonly eps?: number;
  readonly maxIter: number;
  /** Starts: the first at the original, others at random. */
  readonly numRestarts: number;
  /** Aim at this many of the likeliest other classes, one after the other; 0: at the nearest border of all. */
  readonly targets: number;
  readonly seed: number;
}

/**
 * Fast adaptive boundary attack (Croce and Hein, arXiv 1907.02044, algorithm 1): goes to the linearised border and is drawn to the
 * original at once, for an adversarial image as near as possible.
 */
export const fab = defineAttack({
  name: 'fab',
  title: 'FAB',
  about: 'nearest adversarial image, by linearised borders',
  source: 'arXiv 1907.02044',
  asks: 'gradients',
  strength: 'optional eps',
  norms: ['inf', '1', '2'],
  parameters: {
    maxIter: integer({ from: 1, default: 100, about: 'steps' }),
    numRestarts: integer({ from: 1, default: 1, about: 'starts, the first at the original' }),
    targets: integer({
      from: 0,
      default: 0,
      about: 'likeliest other classes that are aimed at, one after the other; with 0 the nearest border is',
    }),
  },
  passes: ({ maxIter, targets }) => maxIter * WITH_GRADIENT * Math.max(1, targets),
  method: ({ classes }, _, settings) => fabMethod(classes, settings),
});

/** The authors' values: greatest weight of the original, overshooting, how much of the way is kept after a success. */
const ALPHA_MAX = 0.1;
const ETA = 1.05;
const BETA = 0.9;

/** Radius within which random restarts begin while there is no adversarial image, as the authors' default by norm. */
const START_RADIUS: Readonly<Record<NormName, number>> = { inf: 0.3, '2': 1, '1': 5 };

interface FabState {
  /** The nearest adversarial images, the originals where there is none. */
  readonly images: Float32Array;
  readonly distance: Float64Array;
  readonly x: Float32Array;
  readonly originalLogits: Float32Array;
}

/** FAB as steps. */
export function fabMethod(classes: number, settings: FabSettings): Method<FabState> {
  const { norm, maxIter, numRestarts } = settings;
  const targets = Math.min(settings.targets, classes - 1);

  /** Classes whose borders a row may go to: its target, or all but its label. */
  const borderClasses = ({ originalLogits }: FabState, { batch }: StepContext, row: number, target: number) => {
    const label = batch.labels[row];
    if (targets > 0) return [otherClass(rowOf(originalLogits, row, classes), label, target)];
    return Array.from({ length: classes }, (_, i) => i).filter((each) => each !== label);
  };

  return {
    steps: maxIter * numRestarts * Math.max(1, targets),
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      distance: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      x: images,
      originalLogits: new Float32Array(size * classes),
    }),
    step: async (before, context) => {
      const { step, rows } = context;
      const round = Math.floor((step - 1) / maxIter);
      const originalLogits =
        step === 1 && targets > 0
          ? await logitsOfOriginals(before.originalLogits, context, classes)
          : before.originalLogits;
      const isStart = (step - 1) % maxIter === 0;
      const x = isStart ? startsOf(before, context, settings, round) : before.x.slice();
      const state = { ...before, originalLogits, x };
      const others = rows.map((row) => borderClasses(state, context, row, Math.floor(round / numRestarts)));
      crossBorders(x, await nearestBorders(x, context, others, norm), context, norm);
      return lookAcross(state, context, classes, settings);
    },
  };
}

/** Where a round begins: its first restart at the originals, others at random around them. */
function startsOf(
  { x: latest, distance }: FabState,
  { rows, batch, ask: { pixels } }: StepContext,
  { norm, eps, numRestarts, seed }: FabSettings,
  round: number,
): Float32Array {
  const x = latest.slice();
  for (const row of rows) {
    const original = rowOf(batch.images, row, pixels);
    const image = rowOf(x, row, pixels);
    if (round % numRestarts === 0) {
      image.set(original);
      continue;
    }
    const source = { seed, stream: streamId(`fab.start.${round}`), substream: batch.sample[row] };
    const noise = norm === 'inf' ? drawUniform(source, pixels).map((u) => 2 * u - 1) : drawNormal(source, pixels);
    const factor = (0.5 * Math.min(distance[row], eps ?? START_RADIUS[norm])) / lengthOf(noise, norm);
    for (let p = 0; p < pixels; p++) image[p] = clipPixel(original[p] + factor * noise[p]);
  }
  return x;
}

/** A linearised border: where `normal · (z − x)` is minus the difference of the logits at x. */
interface Border {
  readonly normal: Float32Array;
  readonly difference: number;
}

/** The nearest linearised border of each row. @param others classes whose borders are looked at, as many for each row */
async function nearestBorders(
  x: Float32Array,
  { rows, batch, ask }: StepContext,
  others: readonly (readonly number[])[],
  norm: NormName,
): Promise<Border[]> {
  const { pixels } = ask;
  const count = others[0].length;
  const repeated = rows.flatMap((row) => new Array<number>(count).fill(row));
  const answer = await ask.gradients({
    loss: 'difference',
    images: gather(x, repeated, pixels),
    rows: repeated,
    labels: gatherLabels(batch.labels, repeated),
    others: Int32Array.from(others.flat()),
  });
  const dual = norm === 'inf' ? '1' : norm === '1' ? 'inf' : '2';
  return rows.map((_, i) => {
    let nearest = { distance: Number.POSITIVE_INFINITY, at: i * count };
    for (let at = i * count; at < (i + 1) * count; at++) {
      const length = lengthOf(rowOf(answer.gradients, at, pixels), dual);
      const distance = Math.abs(answer.losses[at]) / (1e-12 + length);
      if (distance < nearest.distance) nearest = { distance, at };
    }
    return { normal: rowOf(answer.gradients, nearest.at, pixels), difference: answer.losses[nearest.at] };
  });
}

/** Steps a little across the borders, drawn to the originals at once, in place. */
function crossBorders(
  x: Float32Array,
  borders: readonly Border[],
  { rows, batch, ask: { pixels } }: StepContext,
  norm: NormName,
): void {
  rows.forEach((row, i) => {
    const { normal, difference } = borders[i];
    const original = rowOf(batch.images, row, pixels);
    const image = rowOf(x, row, pixels);
    let between = 0;
    for (let p = 0; p < pixels; p++) between += normal[p] * (original[p] - image[p]);
    const here = wayToHyperplane(image, { normal, excess: difference }, norm);
    const there = wayToHyperplane(original, { normal, excess: difference + between }, norm);
    const [a, b] = [Math.max(lengthOf(here, norm), 1e-8), Math.max(lengthOf(there, norm), 1e-8)];
    const alpha = Math.min(a / (a + b), ALPHA_MAX);
    for (let p = 0; p < pixels; p++)
      image[p] = clipPixel((image[p] + ETA * here[p]) * (1 - alpha) + (original[p] + ETA * there[p]) * alpha);
  });
}

/** Asks who is across, keeps the nearest images, and goes back towards the originals from there. */
async function lookAcross(
  state: FabState,
  { rows, batch, ask }: StepContext,
  classes: number,
  { norm, eps }: FabSettings,
): Promise<StepOutcome<FabState>> {
  const { pixels } = ask;
  const { x } = state;
  const answers = await ask.logits({ images: gather(x, rows, pixels), rows });
  const images = state.images.slice();
  const distance = state.distance.slice();
  const wrong = marked(batch.size, []);
  rows.forEach((row, i) => {
    if (largestPlace(rowOf(answers, i, classes)) === batch.labels[row]) return;
    const original = rowOf(batch.images, row, pixels);
    const image = rowOf(x, row, pixels);
    const length = lengthOf(image, norm, original);
    if (length < distance[row]) {
      distance[row] = length;
      images.set(image, row * pixels);
    }
    wrong[row] = eps === undefined || distance[row] <= eps;
    for (let p = 0; p < pixels; p++) image[p] = original[p] + (image[p] - original[p]) * BETA;
  });
  const finished = eps === undefined ? marked(batch.size, []) : wrong;
  return { state: { ...state, images, distance }, wrong, finished };
}
