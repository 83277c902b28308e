import {
  abs,
  add,
  argmax,
  cast,
  clamp,
  concatenate,
  type Feed,
  logicalAnd,
  mean,
  multiply,
  type Node,
  reshape,
  spec,
  type TensorType,
  where,
} from '../../../../engine/index.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import { type Norm, safeQuotient } from '../../norms.ts';
import type { Batch } from '../run/batch.ts';
import { isUsable, magnitudeOf } from '../run/masking.ts';
import type { Method } from '../run/method.ts';
import { hostArray } from '../run/readFeed.ts';

/**
 * One step of a gradient attack as one graph, compiled once for a norm and a batch size: direction of the gradient that is already
 * known, step, projection on the ball around the original, clipping, the class of the new images and, unless it is the last step,
 * the gradient there, of the same forward pass. Strengths are inputs, so all share it. Where no row is active the images stay, and
 * their gradient is computed.
 * @param last whether no gradient at the new images is wanted
 */
export async function compileStep(classifier: Classifier, norm: Norm, size: number, momentum: boolean, last: boolean) {
  const images = spec([size, ...classifier.shape]);
  const perImage = spec([size, 1, 1, 1]);
  const [lowest, highest] = classifier.clipValues;
  const carried: Readonly<Record<string, TensorType>> = momentum ? { velocity: images, decay: spec([]) } : {};
  const specs = {
    original: images,
    x: images,
    gradient: images,
    labels: spec([size], 'i32'),
    active: spec([size, 1, 1, 1], 'bool'),
    eps: perImage,
    stepSize: perImage,
    ...carried,
  };
  return classifier.compile(
    `${last ? 'last ' : ''}gradient step in L${norm.name} of ${size} images${momentum ? ' with momentum' : ''}`,
    specs,
    (inputs, oracle) => {
      const { original, x, gradient, labels, active, eps, stepSize } = inputs;
      const { velocity, decay: keep } = inputs as Readonly<Record<string, Node>>;
      const magnitude = magnitudeOf(gradient);
      const moving = logicalAnd(active, isUsable(magnitude));
      // Dong et al., arXiv 1710.06081, equation 6; by the mean instead of the sum, which leaves the direction as it is.
      const gathered = momentum
        ? add(multiply(velocity, keep), safeQuotient(gradient, mean(abs(gradient), [1, 2, 3], { keepDims: true })))
        : gradient;
      const stepped = add(x, multiply(norm.direction(gathered), stepSize));
      const next = where(moving, clamp(norm.project(stepped, original, eps), lowest, highest), x);
      const row = (values: Node) => reshape(values, [1, size]);
      const predicted = cast(argmax(oracle.logits(next), 1), 'f32');
      return {
        x: next,
        ...(last ? {} : { gradient: oracle.lossGradient(next, labels) }),
        ...(momentum ? { velocity: where(moving, gathered, velocity) } : {}),
        report: concatenate([row(predicted), row(magnitude)], 0),
      };
    },
    { x: 'x', ...(last ? {} : { gradient: 'gradient' }), ...(momentum ? { velocity: 'velocity' } : {}) },
  );
}

export interface AscentOptions {
  readonly norm: Norm;
  /** Length of a step. */
  readonly stepSize: number;
  readonly stepsPerStart: number;
  /** How often to begin; the samples not yet broken begin again. */
  readonly starts: number;
  /** Where to begin: images [size, C, H, W]. */
  readonly start: (batch: Batch, round: number) => Float32Array;
  /** Share of the velocity that is kept; left out, there is no momentum. */
  readonly decay?: number;
}

/** The images while they stay on the device, and as they are saved; with the gradient there, which the next step follows. */
interface AscentState {
  readonly x: Feed;
  readonly gradient: Feed;
  readonly velocity?: Feed;
}

/**
 * Climbs the cross-entropy from one or several starts. A step runs from its submission until its classes are read; the first of a
 * start also looks at where it begins, and the last asks for no further gradient. A sample that is misclassified keeps its image.
 */
export function ascent(classifier: Classifier, batch: Batch, options: AscentOptions): Method<AscentState> {
  const { norm, stepSize, stepsPerStart, starts, start, decay = null } = options;
  const { device, shape } = classifier;
  const { size, labels, strength } = batch;
  const momentum = decay !== null;
  type Step = Awaited<ReturnType<typeof compileStep>>;
  let step: Step;
  let lastStep: Step;
  const original = device.tensor(batch.images, [size, ...shape]);
  const nobody = new Uint32Array(size);
  const still = () => (momentum ? { velocity: new Float32Array(batch.images.length) } : {});
  const feeds = {
    original,
    labels,
    eps: strength,
    stepSize: new Float32Array(size).fill(stepSize),
    ...(momentum ? { decay: Float32Array.of(decay) } : {}),
  };
  /** Where a start begins: its images stay, and their gradient is not known yet. */
  const begun = (x: Float32Array) => ({ x, gradient: new Float32Array(x.length), ...still() });
  /** Submits a step; only the state's own tensors are kept of what it gives. */
  const run = (which: Step, state: AscentState, active: Uint32Array) => {
    const { report, ...outputs } = which.run({ ...feeds, ...state, active });
    const next: AscentState = { ...state, ...outputs };
    return { next, report };
  };
  const isFirst = (k: number) => (k - 1) % stepsPerStart === 0;
  const isLast = (k: number) => k % stepsPerStart === 0;
  return {
    steps: starts * stepsPerStart,
    asksOfImages: true,
    price: (k) => ({
      queries: isFirst(k) ? 2 : 1,
      gradients: (isFirst(k) ? 1 : 0) + (isLast(k) ? 0 : 1),
    }),
    open: async () => {
      step = await compileStep(classifier, norm, size, momentum, false);
      lastStep = await compileStep(classifier, norm, size, momentum, true);
      for (const each of [step, lastStep])
        await each.warmUp(() => ({ ...feeds, ...begun(batch.images), active: nobody }));
      return begun(batch.images);
    },
    step: async (state, { step: k, active, rows, ask }) => {
      const charge = ({ forwardPasses: queries, backwardPasses, flops }: Step['asks']) => {
        for (const row of rows) ask.count(row, { queries, gradients: backwardPasses, flops: flops / size });
      };
      let from = state;
      if (isFirst(k)) {
        const x = await restart(state.x, start(batch, (k - 1) / stepsPerStart), active);
        from = run(step, begun(x), nobody).next;
        charge(step.asks);
      }
      const which = isLast(k) ? lastStep : step;
      const { next, report } = run(which, from, Uint32Array.from(active, Number));
      charge(which.asks);
      const told = await report.read();
      return {
        state: next,
        wrong: Array.from(labels, (label, i) => told[i] !== label),
        magnitudes: told.subarray(size),
      };
    },
    images: ({ x }) => hostArray(x),
    store: async ({ x, gradient, velocity }) => ({
      x: await hostArray(x),
      gradient: await hostArray(gradient),
      ...(velocity === undefined ? {} : { velocity: await hostArray(velocity) }),
    }),
    close: () => device.release(original.buffer),
  };
}

/** The active samples' new starts, and the other samples' images as they are. */
async function restart(x: Feed, start: Float32Array, active: readonly boolean[]): Promise<Float32Array> {
  const images = await hostArray(x);
  const pixels = images.length / active.length;
  active.forEach((isActive, i) => {
    if (isActive) images.set(start.subarray(i * pixels, (i + 1) * pixels), i * pixels);
  });
  return images;
}
