import { compile } from '../engine/compile.ts';
import type { Device, Tensor } from '../engine/device.ts';
import { hostArray } from '../engine/dtype.ts';
import { InputError } from '../engine/errors.ts';
import { elements, spec } from '../engine/graph.ts';
import { add, cast, multiply } from '../engine/ops/elementwise.ts';
import { concatenate, reshape } from '../engine/ops/shape.ts';
import { randomWords, streamId } from '../engine/philox.ts';
import { strengthAt } from './adversary.ts';
import type { Dataset } from './data/dataset.ts';
import { type BatchFeed, openFeed } from './data/feed.ts';
import { type HostArray, type HostWeights, type Model, mapValues, type Weights } from './model.ts';
import { packValues, unpacked, unpackValues, type Vectors } from './packed.ts';
import { policyOf } from './precision.ts';
import {
  releaseTrainingState,
  stepRateSpecs,
  stepRates,
  TRAINING_STATE_DONATED,
  type TrainingState,
  tensorsOf,
  trainingStateSpecs,
  trainingStep,
  uploadTrainingState,
} from './trainingStep.ts';
import type { TrainingSnapshot, TrainOptions } from './trainOptions.ts';

/** Where a run starts or goes on: values on the host. */
export type StartingPoint = Pick<TrainingSnapshot, 'weights' | 'slots' | 'scaling' | 'totals'>;

/** A training on a device: everything that a batch does is one executable, which overwrites what it updates. */
export interface TrainingRun {
  /** Floating-point operations of a batch. */
  readonly flops: number;
  /** Seconds of the GPU for a batch by its timestamps; null where it has none. */
  readonly gpuSeconds: number | null;
  /**
   * Submits a batch and waits for nothing.
   * @param batch of the training, from 0
   * @param first of an epoch: the totals start anew
   */
  run(indices: Uint32Array, learningRate: number, batch: number, first: boolean): void;
  /** Loss and right answers summed over the epoch's batches, after all batches so far. */
  totals(): Promise<[loss: number, correct: number]>;
  /** The model's tensors as they are at each moment. */
  readonly weights: Weights;
  snapshot(): Promise<StartingPoint>;
  /** Gives back all memory but that of `weights`. */
  finish(): void;
  /** Gives back all memory. */
  free(): void;
}

interface Point extends TrainingState<Tensor> {
  readonly totals: Tensor;
}

const ACCUMULATED = 'accumulated';

/** Compiles a batch of training, and uploads what it starts from. All is ready when this returns. */
export async function openTrainingRun(
  device: Device,
  model: Model,
  dataset: Dataset,
  options: TrainOptions,
  start: StartingPoint,
): Promise<TrainingRun> {
  const { channels, height, width, train } = dataset;
  const { batchSize, seed } = options;
  const format = policyOf(model).computed;
  /** Batches of the whole training. */
  const all = options.epochs * Math.floor(train.count / batchSize);
  const feed = openFeed(device, train, [channels, height, width], batchSize);
  const step = await compileBatch(device, model, feed, options).catch((error: unknown) => {
    feed.free();
    throw error;
  });
  const feeds = (indices: Uint32Array, learningRate: number, batch: number, first: boolean) => ({
    data: feed.feeds(indices),
    rates: stepRates(options, learningRate, batch, strengthAt(options.adversary, batch, all), format),
    keepTotals: Float32Array.of(first ? 0 : 1),
    key: randomWords({ seed, stream: streamId('train.augmentation'), substream: batch }, 2),
  });

  // The first run compiles the kernels, on weights of its own: the clock starts when all is ready.
  const trial = upload(device, model, options, start);
  const some = feeds(
    Uint32Array.from({ length: batchSize }, (_, i) => i),
    options.learningRate,
    0,
    true,
  );
  step.run({ ...trial, ...some });
  await device.settle(`the first step of ${model.name}`);
  const timestamps = device.gpu.features.has('timestamp-query') ? await step.time({ ...trial, ...some }) : null;
  release(trial);
  const point = upload(device, model, options, start);
  await device.settle(`uploading ${model.name}`);
  const { parameters, state } = point;
  const weights = unpacked(model, { parameters, state });
  const free = () => {
    step.free();
    feed.free();
  };
  return {
    flops: step.plan.flops,
    gpuSeconds: timestamps === null ? null : timestamps.reduce((sum, each) => sum + each, 0) / 1000,
    weights,
    run: (indices, learningRate, batch, first) => {
      step.run({ ...point, ...feeds(indices, learningRate, batch, first) });
    },
    totals: async () => {
      const [loss, correct] = await point.totals.read();
      return [loss, correct];
    },
    snapshot: async () => {
      const read = async (specs: Model['parameters'], vectors: Vectors<Tensor>) =>
        unpackValues(specs, (await Promise.all(vectors.map((vector) => vector.read()))) as HostArray[]);
      const slots: Record<string, HostWeights['parameters']> = {};
      for (const [slot, vectors] of Object.entries(remembered(point)))
        slots[slot] = await read(model.parameters, vectors);
      const [loss, correct] = await point.totals.read();
      const [scaling] = await Promise.all(point.scaling.map((tensor) => tensor.read()));
      return {
        weights: { parameters: await read(model.parameters, parameters), state: await read(model.state, state) },
        slots,
        ...(scaling === undefined ? {} : { scaling: [scaling[0], scaling[1]] as const }),
        totals: [loss, correct],
      };
    },
    finish: () => {
      const kept = new Set([...parameters, ...state]);
      for (const tensor of [...tensorsOf(point), point.totals]) if (!kept.has(tensor)) device.release(tensor.buffer);
      free();
    },
    free: () => {
      release(point);
      free();
    },
  };
}

/** Everything that a batch does, in one executable that overwrites what it updates. */
function compileBatch(device: Device, model: Model, feed: BatchFeed, options: TrainOptions) {
  return compile(
    ({ totals, keepTotals, key, data, ...inputs }) => {
      const { x, labels } = feed.batch(data);
      const images = options.augment?.(x, key) ?? x;
      const {
        loss,
        correct,
        gradients: _,
        ...updated
      } = trainingStep(model, { ...inputs, key, x: images, labels }, options);
      const news = concatenate([reshape(cast(loss, 'f32'), [1]), reshape(correct, [1])], 0);
      return { ...updated, totals: add(multiply(totals, keepTotals), news) };
    },
    {
      ...trainingStateSpecs(model, options),
      rates: stepRateSpecs(options, policyOf(model).computed),
      totals: spec([2]),
      /** 0 starts the totals anew, 1 goes on. */
      keepTotals: spec([1]),
      data: feed.specs,
      key: spec([2], 'u32'),
    },
    { device, name: `training step of ${model.name}`, donate: { ...TRAINING_STATE_DONATED, totals: 'totals' } },
  );
}

/** What a snapshot holds beside the weights. */
const remembered = <T>({ slots, accumulated }: Pick<TrainingState<T>, 'slots' | 'accumulated'>) =>
  accumulated.length > 0 ? { ...slots, [ACCUMULATED]: accumulated } : slots;

/** What the optimiser remembers before its first step. */
export function initialSlots(model: Model, options: TrainOptions): TrainingSnapshot['slots'] {
  const zeros = mapValues(model.parameters, ({ shape, dtype }) => hostArray(dtype, elements(shape)) as HostArray);
  return mapValues(remembered(trainingStateSpecs(model, options)), () => zeros);
}

function upload(
  device: Device,
  model: Model,
  options: TrainOptions,
  { weights, slots, scaling, totals }: StartingPoint,
): Point {
  const zero = uploadTrainingState(device, model, weights, options);
  for (const [slot, vectors] of Object.entries(remembered(zero))) {
    if (slots[slot] === undefined)
      throw new InputError(`training: the optimiser's ${slot} is missing in what training should go on from`);
    packValues(model.parameters, slots[slot]).forEach((values, i) => {
      device.write(vectors[i], values);
    });
  }
  for (const tensor of zero.scaling) if (scaling !== undefined) device.write(tensor, Float32Array.from(scaling));
  return { ...zero, totals: device.tensor(Float32Array.from(totals), [2]) };
}

function release({ totals, ...state }: Point): void {
  releaseTrainingState(state);
  totals.device.release(totals.buffer);
}
