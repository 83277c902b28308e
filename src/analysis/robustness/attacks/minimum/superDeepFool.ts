import { integer, number, type ValuesOf } from '../../../../base/parameter.ts';
import { defineAttack } from '../defineAttack.ts';
import type { Method, StepContext } from '../run/method.ts';
import { clipPixel, gather, gatherLabels, largestPlace, lengthOf, marked, rowOf } from '../run/rows.ts';
import { nearestBorders } from '../steps/borders/linearBorders.ts';
import { likeliestOthers } from '../steps/likeliestClasses.ts';

const parameters = {
  maxIter: integer({
    from: 1,
    default: 10,
    about: 'times that DeepFool runs, each followed by a projection on the normal',
  }),
  deepfoolIter: integer({ from: 1, default: 50, about: 'steps of DeepFool each time' }),
  overshoot: number({ from: 0, default: 0.02, takes: 'share', about: "how much longer DeepFool's steps are" }),
  searchIter: integer({
    from: 0,
    default: 10,
    about: 'halvings of the way from the original to the image that was found',
  }),
  nbGrads: integer({ from: 2, default: 10, about: 'likeliest classes that are looked at, the label included' }),
};

type Settings = ValuesOf<typeof parameters>;

/**
 * SuperDeepFool (Abdollahpoor, Moosavi-Dezfooli, Frossard, arXiv 2303.12481, algorithm 2 with m = ∞ and n = 1; the authors' program and
 * adv-lib's `sdf`): DeepFool goes beyond a border, and the image moves along the normal there by as much of DeepFool's way as
 * lies in its direction, until it is misclassified; then the way from the original is halved to the border. As in the authors' program each
 * move begins where the one before ended; as in adv-lib images are clipped. It is on the host: a sample's steps differ in number.
 */
export const superDeepFool = defineAttack({
  name: 'superdeepfool',
  title: 'SuperDeepFool',
  about: 'DeepFool, and again and again along the normal of the border that it crosses',
  source: 'arXiv 2303.12481',
  asks: 'gradients',
  strength: 'none',
  norms: ['2'],
  parameters,
  passes: ({ maxIter, deepfoolIter, nbGrads, searchIter }, { classes }) =>
    maxIter * (deepfoolIter * (1 + 3 * (Math.min(nbGrads, classes) - 1)) + 5) + searchIter,
  method: ({ classes }, _, settings) => method(classes, settings),
});

interface SuperDeepFoolState {
  /** Misclassified images that were found, the originals where there is none. */
  readonly images: Float32Array;
  readonly x: Float32Array;
}

function method(classes: number, settings: Settings): Method<SuperDeepFoolState> {
  return {
    steps: settings.maxIter,
    images: ({ images }) => images,
    open: ({ images }) => ({ images, x: images }),
    step: async (state, context) => {
      const { batch, rows, ask } = context;
      const { pixels } = ask;
      const crossed = await deepFool(context, gather(state.x, rows, pixels), classes, settings);
      const moved = await alongNormal(context, state.x, crossed);
      const isWrong = await areWrong(context, moved, rows, classes);
      const broken = rows.filter((_, i) => isWrong[i]);
      const x = state.x.slice();
      rows.forEach((row, i) => {
        x.set(rowOf(moved, i, pixels), row * pixels);
      });
      const found = await halved(context, x, broken, { classes, searchIter: settings.searchIter });
      const images = state.images.slice();
      broken.forEach((row, i) => {
        images.set(rowOf(found, i, pixels), row * pixels);
      });
      return { state: { images, x }, wrong: marked(batch.size, broken) };
    },
  };
}

async function areWrong({ batch, ask }: StepContext, images: Float32Array, rows: readonly number[], classes: number) {
  if (rows.length === 0) return [];
  const logits = await ask.logits({ images, rows });
  return rows.map((row, i) => largestPlace(rowOf(logits, i, classes)) !== batch.labels[row]);
}

/** Added to the distance of a border (the authors' value). */
const BEYOND = 1e-4;

/** Where DeepFool leads the rows' images, [rows.length, C, H, W], and the class whose border each crossed or went towards. */
async function deepFool(
  context: StepContext,
  start: Float32Array,
  classes: number,
  { deepfoolIter, overshoot, nbGrads }: Settings,
): Promise<{ readonly images: Float32Array; readonly others: Int32Array }> {
  const { batch, rows, ask } = context;
  const { pixels } = ask;
  const looked = Math.min(nbGrads, classes) - 1;
  const images = start.slice();
  const logits = await ask.logits({ images, rows });
  const towards = Int32Array.from(
    rows.flatMap((row, i) => likeliestOthers(rowOf(logits, i, classes), batch.labels[row], looked)),
  );
  const others = new Int32Array(rows.length);
  let open = rows.map((_, i) => i);
  for (let step = 0; step < deepfoolIter && open.length > 0; step++) {
    const borders = await nearestBorders(context, {
      rows: open.map((i) => rows[i]),
      images: gather(images, open, pixels),
      logits: gather(logits, open, classes),
      others: Int32Array.from(open.flatMap((i) => [...towards.subarray(i * looked, (i + 1) * looked)])),
    });
    open.forEach((i, k) => {
      const { other, gap, normal, length } = borders[k];
      const safe = Math.max(length, 1e-6);
      const factor = ((1 + overshoot) * (gap / safe + BEYOND)) / safe;
      const image = rowOf(images, i, pixels);
      for (let p = 0; p < pixels; p++) image[p] = clipPixel(image[p] + factor * normal[p]);
      others[i] = other;
    });
    const answers = await ask.logits({ images: gather(images, open, pixels), rows: open.map((i) => rows[i]) });
    open = open.filter((i, k) => {
      const answer = rowOf(answers, k, classes);
      logits.set(answer, i * classes);
      const predicted = largestPlace(answer);
      const isOpen = predicted === batch.labels[rows[i]];
      if (!isOpen) others[i] = predicted;
      return isOpen;
    });
  }
  return { images, others };
}

/** Moves each row's `x` along the normal of the border where DeepFool came out, by the part of its way that lies along it. */
async function alongNormal(
  { batch, rows, ask }: StepContext,
  x: Float32Array,
  { images, others }: { readonly images: Float32Array; readonly others: Int32Array },
): Promise<Float32Array> {
  const { pixels } = ask;
  const labels = gatherLabels(batch.labels, rows);
  const { gradients } = await ask.gradients({ loss: 'difference', images, rows, labels, others });
  const moved = gather(x, rows, pixels);
  rows.forEach((row, i) => {
    const normal = rowOf(gradients, i, pixels);
    const original = rowOf(batch.images, row, pixels);
    const end = rowOf(images, i, pixels);
    const length = Math.max(lengthOf(normal, '2'), 1e-6);
    let along = 0;
    for (let p = 0; p < pixels; p++) along += ((end[p] - original[p]) * normal[p]) / length;
    const image = rowOf(moved, i, pixels);
    for (let p = 0; p < pixels; p++) image[p] = clipPixel(image[p] + (along * normal[p]) / length);
  });
  return moved;
}

/** The rows' misclassified images, drawn towards the originals as long as they stay misclassified, by halving: [rows.length, C, H, W]. */
async function halved(
  context: StepContext,
  x: Float32Array,
  rows: readonly number[],
  { classes, searchIter }: { readonly classes: number; readonly searchIter: number },
): Promise<Float32Array> {
  const { pixels } = context.ask;
  const low = new Float64Array(rows.length);
  const high = new Float64Array(rows.length).fill(1);
  const between = (share: (i: number) => number) => {
    const images = gather(x, rows, pixels);
    rows.forEach((row, i) => {
      const original = rowOf(context.batch.images, row, pixels);
      const image = rowOf(images, i, pixels);
      for (let p = 0; p < pixels; p++) image[p] = original[p] + share(i) * (image[p] - original[p]);
    });
    return images;
  };
  for (let k = 0; k < searchIter; k++) {
    const middle = low.map((from, i) => (from + high[i]) / 2);
    const isWrong = await areWrong(
      context,
      between((i) => middle[i]),
      rows,
      classes,
    );
    isWrong.forEach((wrong, i) => {
      if (wrong) high[i] = middle[i];
      else low[i] = middle[i];
    });
  }
  return between((i) => high[i]);
}
