import type { Feed } from '../../engine/executable.ts';
import { type Node, spec, type TensorType } from '../../engine/graph.ts';
import { abs, add, cast, clamp, logicalAnd, multiply, where } from '../../engine/ops/elementwise.ts';
import { argmax, mean } from '../../engine/ops/reduce.ts';
import { concatenate, reshape } from '../../engine/ops/shape.ts';
import type { Classifier } from '../classifier.ts';
import type { Batch } from './attack.ts';
import { hostArray } from './hostArray.ts';
import { isUsable, magnitudeOf } from './masking.ts';
import type { Method } from './method.ts';
import { type Norm, safeQuotient } from './norms.ts';

/**
 * One step of a gradient attack, compiled once for a norm and a batch size: gradient of the loss, direction, step, projection on
 * the ball around the original, clipping, and the class of the new images. Strengths are inputs, so all share it.
 * @param decay of the momentum; without momentum the velocity is not there
 */
async function compileStep(classifier: Classifier, norm: Norm, size: number, decay: number | null) {
  const images = spec([size, ...classifier.shape]);
  const perImage = spec([size, 1, 1, 1]);
  const [lowest, highest] = classifier.clipValues;
  const momentum = decay !== null;
  const carried: Readonly<Record<string, TensorType>> = momentum ? { velocity: images, decay: spec([]) } : {};
  const specs = {
    original: images,
    x: images,
    labels: spec([size], 'i32'),
    active: spec([size, 1, 1, 1], 'bool'),
    eps: perImage,
    stepSize: perImage,
    ...carried,
  };
  return classifier.compile(
    `gradient step in L${norm.name} of ${size} images${momentum ? ' with momentum' : ''}`,
    specs,
    (inputs, oracle) => {
      const { original, x, labels, active, eps, stepSize } = inputs;
      const { velocity, decay: keep } = inputs as Readonly<Record<string, Node>>;
      const gradient = oracle.lossGradient(x, labels);
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
        ...(momentum ? { velocity: where(moving, gathered, velocity) } : {}),
        report: concatenate([row(predicted), row(magnitude)], 0),
      };
    },
    { x: 'x', ...(momentum ? { velocity: 'velocity' } : {}) },
  );
}

export interface AscentOptions {
  readonly norm: Norm;
  /** Length of a step for a ball of radius eps. */
  readonly stepSize: (eps: number) => number;
  readonly stepsPerStart: number;
  /** How often to begin; the samples not yet broken begin anew. */
  readonly starts: number;
  /** Where to begin: images [size, C, H, W]. */
  readonly start: (batch: Batch, round: number) => Float32Array;
  /** Share of the velocity that is kept; left out, there is no momentum. */
  readonly decay?: number;
}

/** The images while they stay on the device, and as they are saved. */
interface AscentState {
  readonly x: Feed;
  readonly velocity?: Feed;
}

/**
 * Climbs the cross-entropy from one or several starts. A step runs from its submission until its classes are read. A sample that
 * is misclassified keeps its image.
 */
export function ascent(classifier: Classifier, batch: Batch, options: AscentOptions): Method<AscentState> {
  const { norm, stepSize, stepsPerStart, starts, start, decay = null } = options;
  const { device, shape } = classifier;
  const { size, labels, strength } = batch;
  let step: Awaited<ReturnType<typeof compileStep>>;
  const original = device.tensor(batch.images, [size, ...shape]);
  const still = () => (decay === null ? {} : { velocity: new Float32Array(batch.images.length) });
  const feeds = {
    original,
    labels,
    eps: strength,
    stepSize: Float32Array.from(strength, stepSize),
    ...(decay === null ? {} : { decay: Float32Array.of(decay) }),
  };
  const run = async (state: AscentState, active: readonly boolean[]) => {
    const outputs = step.run({ ...feeds, ...state, active: Uint32Array.from(active, Number) });
    return { outputs, report: await outputs.report.read() };
  };
  return {
    steps: starts * stepsPerStart,
    price: { queries: 2, gradients: 1 },
    open: async () => {
      step = await compileStep(classifier, norm, size, decay);
      // With nobody active nothing moves: this run compiles and binds all, so that no sample is charged for it.
      const first = { x: batch.images, ...still() };
      await run(
        first,
        batch.active.map(() => false),
      );
      return first;
    },
    step: async (state, { step: k, active, rows, ask }) => {
      const isStart = (k - 1) % stepsPerStart === 0;
      const from = isStart
        ? { x: await restart(state.x, start(batch, (k - 1) / stepsPerStart), active), ...still() }
        : state;
      const { outputs, report } = await run(from, active);
      const { forwardPasses: queries, backwardPasses, flops } = step.asks;
      for (const row of rows) ask.count(row, { queries, gradients: backwardPasses, flops: flops / size });
      return {
        state: outputs.velocity === undefined ? { x: outputs.x } : { x: outputs.x, velocity: outputs.velocity },
        wrong: Array.from(labels, (label, i) => report[i] !== label),
        magnitudes: report.subarray(size),
      };
    },
    images: ({ x }) => hostArray(x),
    store: async ({ x, velocity }) => ({
      x: await hostArray(x),
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
