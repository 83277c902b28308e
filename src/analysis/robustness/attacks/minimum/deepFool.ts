import { integer, number } from '../../../../base/parameter.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method, StepContext, StepOutcome } from '../run/method.ts';
import { clipPixel, gather, largestPlace, marked, rowOf } from '../run/rows.ts';
import { nearestBorders, SMALL } from '../steps/borders/linearBorders.ts';
import { likeliestOthers } from '../steps/likeliestClasses.ts';

/**
 * DeepFool (Moosavi-Dezfooli, Fawzi, Frossard, arXiv 1511.04599, algorithm 2; ART's DeepFool): steps to the nearest of the
 * linearised borders to other classes, until one is crossed; then the whole way is lengthened by `epsilon`. Each sample looks at
 * its own likeliest classes; ART takes those of the whole batch together.
 */
export const deepFool = defineAttack({
  name: 'deepfool',
  title: 'DeepFool',
  about: 'straight to the nearest linearised border',
  source: 'arXiv 1511.04599',
  asks: 'gradients',
  strength: 'none',
  norms: ['2'],
  parameters: {
    maxIter: integer({ from: 1, default: 100, about: 'steps' }),
    epsilon: number({ from: 0, default: 1e-6, takes: 'share', about: 'how much longer the last step is (not ε)' }),
    nbGrads: integer({ from: 2, default: 10, about: 'likeliest classes that are looked at, the label included' }),
  },
  passes: ({ maxIter, nbGrads }, { classes }) => 2 + maxIter * (1 + WITH_GRADIENT * (Math.min(nbGrads, classes) - 1)),
  method: ({ classes }, _, settings) => method(classes, settings),
});

interface DeepFoolSettings {
  readonly maxIter: number;
  readonly epsilon: number;
  readonly nbGrads: number;
}

interface DeepFoolState {
  readonly images: Float32Array;
  /** On its way, without the final lengthening. */
  readonly x: Float32Array;
  /** Logits of `x`, from which the next step starts. */
  readonly logits: Float32Array;
  /** The classes looked at, [size, nbGrads - 1], likeliest first. */
  readonly others: Int32Array;
}

function method(classes: number, { maxIter, epsilon, nbGrads }: DeepFoolSettings): Method<DeepFoolState> {
  const looked = Math.min(nbGrads, classes) - 1;
  return {
    steps: maxIter,
    images: ({ images }) => images,
    // At most: a gradient towards each class, where the step leads, and the lengthened way; in the first step the original as well.
    price: (step) => ({ queries: looked + (step === 1 ? 3 : 2), gradients: looked }),
    open: ({ images, size }) => ({
      images,
      x: images,
      logits: new Float32Array(size * classes),
      others: new Int32Array(size * looked),
    }),
    step: async (before, context) => {
      const state = context.step === 1 ? await chooseClasses(before, context, classes, looked) : before;
      const moved = await moveToBorder(state, context, classes, looked);
      return finish(moved, context, { classes, maxIter, epsilon });
    },
  };
}

async function chooseClasses(
  state: DeepFoolState,
  { rows, batch, ask }: StepContext,
  classes: number,
  looked: number,
): Promise<DeepFoolState> {
  const answers = await ask.logits({ images: gather(state.x, rows, ask.pixels), rows });
  const logits = state.logits.slice();
  const others = state.others.slice();
  rows.forEach((row, i) => {
    const answer = rowOf(answers, i, classes);
    logits.set(answer, row * classes);
    others.set(likeliestOthers(answer, batch.labels[row], looked), row * looked);
  });
  return { ...state, logits, others };
}

/** Moves each row's `x` to the nearest linearised border. */
async function moveToBorder(
  state: DeepFoolState,
  context: StepContext,
  classes: number,
  looked: number,
): Promise<DeepFoolState> {
  const { rows, ask } = context;
  const { pixels } = ask;
  const borders = await nearestBorders(context, {
    rows,
    images: gather(state.x, rows, pixels),
    logits: gather(state.logits, rows, classes),
    others: Int32Array.from(rows.flatMap((row) => [...state.others.subarray(row * looked, (row + 1) * looked)])),
  });
  const x = state.x.slice();
  rows.forEach((row, i) => {
    const { gap, normal, length } = borders[i];
    const factor = gap / (length ** 2 + SMALL);
    const image = rowOf(x, row, pixels);
    for (let p = 0; p < pixels; p++) image[p] = clipPixel(image[p] + factor * normal[p]);
  });
  return { ...state, x };
}

/** Finds out who has crossed a border, and lengthens the way of these; in the last step, of all. */
async function finish(
  state: DeepFoolState,
  { rows, batch, ask, step }: StepContext,
  { classes, maxIter, epsilon }: { classes: number; maxIter: number; epsilon: number },
): Promise<StepOutcome<DeepFoolState>> {
  const { pixels } = ask;
  const answers = await ask.logits({ images: gather(state.x, rows, pixels), rows });
  const logits = state.logits.slice();
  const images = state.images.slice();
  const crossed = rows.filter((row, i) => {
    const answer = rowOf(answers, i, classes);
    logits.set(answer, row * classes);
    images.set(rowOf(state.x, row, pixels), row * pixels);
    return largestPlace(answer) !== batch.labels[row];
  });
  const ending = step === maxIter ? rows : crossed;
  const wrong = marked(batch.size, crossed);
  if (ending.length > 0) {
    const longer = gather(state.x, ending, pixels);
    ending.forEach((row, i) => {
      const from = rowOf(batch.images, row, pixels);
      const image = rowOf(longer, i, pixels);
      for (let p = 0; p < pixels; p++) image[p] = clipPixel(from[p] + (1 + epsilon) * (image[p] - from[p]));
    });
    const lengthened = await ask.logits({ images: longer, rows: ending });
    ending.forEach((row, i) => {
      const isWrong = largestPlace(rowOf(lengthened, i, classes)) !== batch.labels[row];
      // Where the lengthened way ends in the own class again, the shorter one stays.
      if (isWrong || !wrong[row]) images.set(rowOf(longer, i, pixels), row * pixels);
      wrong[row] ||= isWrong;
    });
  }
  return { state: { ...state, logits, images }, wrong };
}
