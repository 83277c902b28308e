import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import { type AttackNorm, defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method, StepContext, StepOutcome } from '../run/method.ts';
import { clipPixel, gather, gatherLabels, lead, marked, rowOf } from '../run/rows.ts';
import { stepAlongBorder } from '../steps/borders/trustRegion.ts';
import { MOST_STARTS, randomStart } from '../steps/labels/borderStart.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 1000, about: 'steps along the border' }),
  trustRegion: number({
    above: 0,
    default: 0.1,
    takes: 'share',
    about: 'first largest L2 length of a step, as a share of the number of values of an image',
  }),
  trustRegionDecay: number({
    above: 0,
    to: 1,
    default: 0.5,
    takes: 'share',
    about: 'share of that length that is left after each of its decays',
  }),
  decays: integer({ from: 1, default: 20, about: 'times that the length decays, after equally many steps each' }),
  momentum: number({
    from: 0,
    below: 1,
    default: 0.5,
    takes: 'share',
    about: "share of the border's normal that is kept in a step",
  }),
  overshoot: number({
    from: 1,
    to: 2,
    default: 1.1,
    takes: 'factor',
    about: 'how far a step goes beyond the border, and how much less far it comes back to it',
  }),
  binarySearchSteps: integer({ from: 0, default: 10, about: 'halvings of the way from the original to the start' }),
};

/**
 * The attack of Brendel, Rauber, Kümmerer, Ustyuzhaninov and Bethge (arXiv 1907.01003; Foolbox's BrendelBethgeAttack): from a random
 * misclassified image it follows the border between classes, in each step to the point nearest to the original that the linearised
 * border and a trust region allow. The nearest misclassified image of all steps is kept. The trust region of Foolbox grows with the
 * batch; the default is about what a batch of 100 has there. Foolbox keeps 0.8 of the normal, which ends farther in L1.
 */
export const brendelBethge = defineAttack({
  name: 'brendel-bethge',
  title: 'Brendel-Bethge',
  about: 'follows the border, each step to its nearest point within a trust region',
  source: 'arXiv 1907.01003',
  asks: 'gradients',
  strength: 'none',
  norms: ['2', '0', '1', 'inf'],
  parameters,
  passes: ({ maxIter, binarySearchSteps }) => MOST_STARTS + binarySearchSteps + maxIter * WITH_GRADIENT,
  method: (classifier, _, settings) => method(settings, classifier),
});

type Settings = ValuesOf<typeof parameters> & { readonly norm: AttackNorm; readonly seed: number };

interface BrendelBethgeState {
  /** The nearest misclassified images, the originals where there is none. */
  readonly images: Float32Array;
  readonly distance: Float64Array;
  readonly x: Float32Array;
  /** Normals of the border, means over steps. */
  readonly normals: Float32Array;
}

function method(settings: Settings, attacked: Attacked): Method<BrendelBethgeState> {
  return {
    steps: 1 + settings.maxIter,
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      distance: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      x: images,
      normals: new Float32Array(images.length),
    }),
    step: (state, context) =>
      context.step === 1 ? begin(state, context, settings, attacked) : follow(state, context, settings, attacked),
  };
}

type Attacked = Pick<Classifier, 'classes' | 'shape'>;

/** How far an image is from the original, places in L0. */
function distanceOf(image: ArrayLike<number>, original: ArrayLike<number>, norm: AttackNorm, channels: number): number {
  const places = image.length / channels;
  let total = 0;
  for (let place = 0; place < places; place++) {
    let largest = 0;
    for (let i = place; i < image.length; i += places) {
      const change = Math.abs(image[i] - original[i]);
      largest = Math.max(largest, change);
      total += norm === '2' ? change * change : norm === '1' ? change : 0;
    }
    if (norm === 'inf') total = Math.max(total, largest);
    if (norm === '0' && largest > 0) total++;
  }
  return norm === '2' ? Math.sqrt(total) : total;
}

/** Which images, one a row, are misclassified. */
async function areWrong(images: Float32Array, rows: readonly number[], { batch, ask }: StepContext, classes: number) {
  const logits = await ask.logits({ images, rows });
  return rows.map((row, i) => lead(rowOf(logits, i, classes), batch.labels[row]) > 0);
}

/** A random misclassified image for each row, and on the way to it from the original the nearest one. Rows without one are finished. */
async function begin(
  state: BrendelBethgeState,
  context: StepContext,
  { norm, binarySearchSteps, seed }: Settings,
  { classes, shape }: Attacked,
): Promise<StepOutcome<BrendelBethgeState>> {
  const { rows, batch, ask } = context;
  const { pixels } = ask;
  const [channels] = shape;
  const starts = state.x.slice();
  let left = rows;
  for (let attempt = 0; attempt < MOST_STARTS && left.length > 0; attempt++) {
    for (const row of left) {
      const subject = { original: rowOf(batch.images, row, pixels), sample: batch.sample[row], shape };
      starts.set(randomStart(subject, attempt, { seed, streams: 'brendel-bethge' }), row * pixels);
    }
    const wrong = await areWrong(gather(starts, left, pixels), left, context, classes);
    left = left.filter((_, i) => !wrong[i]);
  }
  const begun = rows.filter((row) => !left.includes(row));
  const low = new Float64Array(batch.size);
  const high = new Float64Array(batch.size).fill(1);
  const x = state.x.slice();
  const writeAt = (row: number, share: number) =>
    writeBetween(rowOf(x, row, pixels), rowOf(batch.images, row, pixels), rowOf(starts, row, pixels), share, norm);
  for (let k = 0; k < binarySearchSteps && begun.length > 0; k++) {
    for (const row of begun) writeAt(row, (low[row] + high[row]) / 2);
    const wrong = await areWrong(gather(x, begun, pixels), begun, context, classes);
    begun.forEach((row, i) => {
      (wrong[i] ? high : low)[row] = (low[row] + high[row]) / 2;
    });
  }
  const distance = state.distance.slice();
  for (const row of begun) {
    writeAt(row, high[row]);
    distance[row] = distanceOf(rowOf(x, row, pixels), rowOf(batch.images, row, pixels), norm, channels);
  }
  const wrong = marked(batch.size, begun);
  return { state: { ...state, images: x, distance, x }, wrong, finished: marked(batch.size, left) };
}

/** A point on the way from the original to an image, by the norm: changes are scaled, cut off, shrunk, or the largest ones taken. */
function writeBetween(
  x: Float32Array,
  original: Float32Array,
  end: Float32Array,
  share: number,
  norm: AttackNorm,
): void {
  for (let i = 0; i < x.length; i++) {
    const change = end[i] - original[i];
    const size = Math.abs(change);
    if (norm === '2') x[i] = original[i] + share * change;
    else if (norm === 'inf') x[i] = original[i] + Math.sign(change) * Math.min(size, share);
    else if (norm === '1') x[i] = original[i] + Math.sign(change) * Math.max(0, size - (1 - share));
    else x[i] = size > 1 - share ? end[i] : original[i];
  }
}

/** Looks at where each row stands, keeps what is nearest, and goes on along the border. */
async function follow(
  state: BrendelBethgeState,
  { rows, batch, ask, step }: StepContext,
  { norm, maxIter, trustRegion, trustRegionDecay, decays, momentum, overshoot }: Settings,
  { classes, shape: [channels] }: Attacked,
): Promise<StepOutcome<BrendelBethgeState>> {
  const { pixels } = ask;
  const images = state.images.slice();
  const distance = state.distance.slice();
  const normals = state.normals.slice();
  const x = state.x.slice();
  const labels = gatherLabels(batch.labels, rows);
  const answer = await ask.gradients({ loss: 'margin', images: gather(x, rows, pixels), rows, labels });
  // Steps along the border count from 0.
  const number = step - 2;
  const decayed = Math.floor((number + 1) / Math.max(1, Math.floor(maxIter / decays)));
  const radius = trustRegion * pixels * trustRegionDecay ** decayed;
  rows.forEach((row, i) => {
    const original = rowOf(batch.images, row, pixels);
    const image = rowOf(x, row, pixels);
    const ahead = lead(rowOf(answer.logits, i, classes), labels[i]);
    const far = distanceOf(image, original, norm, channels);
    if (ahead > 0 && far < distance[row]) {
      distance[row] = far;
      images.set(image, row * pixels);
    }
    const latest = rowOf(answer.gradients, i, pixels);
    const normal = rowOf(normals, row, pixels);
    for (let p = 0; p < pixels; p++)
      normal[p] = number === 0 ? latest[p] : (1 - momentum) * latest[p] + momentum * normal[p];
    const target = -ahead * (ahead > 0 ? 2 - overshoot : overshoot);
    const next = stepAlongBorder({ original, x: image, normal, target, radius, channels }, norm);
    for (let p = 0; p < pixels; p++) image[p] = clipPixel(next[p]);
  });
  const wrong = Array.from(distance, Number.isFinite);
  return { state: { images, distance, x, normals }, wrong, finished: marked(batch.size, []) };
}
