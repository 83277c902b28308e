import { add, argmax, clamp, type Feed, logicalAnd, multiply, spec, where } from '../../../../engine/index.ts';
import type { Classifier, Question } from '../../classifier/classifier.ts';
import type { Norm } from '../../norms.ts';
import type { Batch } from '../run/batch.ts';
import { isUsable, magnitudeOf } from '../run/masking.ts';
import type { Method } from '../run/method.ts';
import { hostArray } from '../run/readFeed.ts';

export interface LineSearchOptions {
  readonly norm: Norm;
  /** Step length: multiples of it are tried, one after the other, as far as a row's strength allows. */
  readonly epsStep: number;
}

/** How many multiples of a step lie within `eps`; half a unit in the last place more, as eps often is one that binary fractions miss. */
export const multiplesOf = (epsStep: number, eps: number): number => Math.floor((eps / epsStep) * (1 + 1e-7));

interface LineSearchState {
  readonly x: Feed;
  readonly direction: Feed;
  readonly magnitude: Feed;
}

/** The gradient at the original, and its direction. */
function compileAim(classifier: Classifier, norm: Norm, size: number) {
  return classifier.compile(
    `direction in L${norm.name} of ${size} images`,
    { x: spec([size, ...classifier.shape]), labels: spec([size], 'i32') },
    ({ x, labels }, oracle) => {
      const gradient = oracle.lossGradient(x, labels);
      return { direction: norm.direction(gradient), magnitude: magnitudeOf(gradient) };
    },
  );
}

/** A step along the direction from the original, and the classes of the new images. */
function compileMove(classifier: Classifier, size: number) {
  const images = spec([size, ...classifier.shape]);
  const perImage = [size, 1, 1, 1];
  const [lowest, highest] = classifier.clipValues;
  return classifier.compile(
    `move along a direction of ${size} images`,
    {
      original: images,
      direction: images,
      x: images,
      magnitude: spec(perImage),
      active: spec(perImage, 'bool'),
      length: spec(perImage),
    },
    ({ original, direction, x, magnitude, active, length }, oracle) => {
      const moved = clamp(add(original, multiply(direction, length)), lowest, highest);
      const next = where(logicalAnd(active, isUsable(magnitude)), moved, x);
      return { x: next, classes: argmax(oracle.logits(next), 1) };
    },
    { x: 'x' },
  );
}

/** One gradient at the original, charged with the first step, then ever longer steps along its direction until the sample is broken. */
export function lineSearch(
  classifier: Classifier,
  batch: Batch,
  { norm, epsStep }: LineSearchOptions,
): Method<LineSearchState> {
  const { size, labels, strength } = batch;
  const { device, shape } = classifier;
  const original = device.tensor(batch.images, [size, ...shape]);
  const last = Array.from(strength, (eps) => multiplesOf(epsStep, eps));
  let aim: Awaited<ReturnType<typeof compileAim>>;
  let move: Awaited<ReturnType<typeof compileMove>>;

  const advance = async (state: LineSearchState, k: number, active: readonly boolean[]) => {
    const length = new Float32Array(size).fill(epsStep * k);
    const moved = move.run({ original, ...state, length, active: Uint32Array.from(active, Number) });
    return { x: moved.x, classes: await moved.classes.read() };
  };
  const charge = ({ asks }: Question<unknown, unknown>) => ({
    queries: asks.forwardPasses,
    gradients: asks.backwardPasses,
    flops: asks.flops / size,
  });

  return {
    steps: Math.max(...last),
    asksOfImages: true,
    open: async () => {
      aim = await compileAim(classifier, norm, size);
      move = await compileMove(classifier, size);
      await aim.warmUp(() => ({ x: original, labels }));
      const nothing = {
        x: batch.images,
        direction: new Float32Array(batch.images.length),
        magnitude: new Float32Array(size),
      };
      const nobody = { active: new Uint32Array(size), length: new Float32Array(size) };
      await move.warmUp(() => ({ original, ...nothing, ...nobody }));
      return nothing;
    },
    step: async (state, { step, active, rows, ask }) => {
      const aimed = step === 1 ? { ...state, ...aim.run({ x: original, labels }) } : state;
      const { x, classes } = await advance(aimed, step, active);
      for (const row of rows) {
        if (step === 1) ask.count(row, charge(aim));
        ask.count(row, charge(move));
      }
      const wrong = Array.from(labels, (label, i) => classes[i] !== label);
      return {
        state: { ...aimed, x },
        wrong,
        finished: wrong.map((isWrong, i) => isWrong || step >= last[i]),
        ...(step === 1 ? { magnitudes: await hostArray(aimed.magnitude) } : {}),
      };
    },
    images: ({ x }) => hostArray(x),
    store: async ({ x, direction, magnitude }) => ({
      x: await hostArray(x),
      direction: await hostArray(direction),
      magnitude: await hostArray(magnitude),
    }),
    close: () => device.release(original.buffer),
  };
}
