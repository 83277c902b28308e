import { randomWords, streamId } from '../../base/philox.ts';
import type { Device } from '../../engine/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { type BatchFeed, openFeed } from '../data/feed.ts';
import type { Model, Weights } from '../network/model.ts';
import { unpacked } from '../network/packed.ts';
import { strengthAt } from './adversary.ts';
import { batchOf, compileBatch, compileWatch, type Point, type TracedBatch, watchedOf } from './batch.ts';
import { explainBatch } from './nonFinite.ts';
import type { TrainOptions } from './options.ts';
import {
  ACCUMULATED,
  copyPoint,
  pointTensors,
  readPoint,
  releasePoint,
  type StartingPoint,
  spareOf,
  uploadPoint,
} from './point.ts';
import { stepRates } from './step.ts';

/** A training on a device: everything that a batch does is one executable, which overwrites what it updates. */
export interface TrainingRun {
  /** Floating-point operations of a batch. */
  readonly flops: number;
  /** Seconds of the GPU for a batch by its timestamps; null where it has none. */
  readonly gpuSeconds: number | null;
  /**
   * Submits a batch and waits for nothing.
   * @param batch of the training, from 0
   * @param first whether the batch is the first of an epoch, which resets the totals
   */
  run(indices: Uint32Array, learningRate: number, batch: number, first: boolean): void;
  /** Waits for all batches so far. */
  look(): Promise<Look>;
  /** Keeps the state as it is now, on the device, so that what goes wrong from here on can be explained. */
  keep(): void;
  /**
   * Repeats the batches since the state was kept, which give the same bits, up to the first that leaves something that is not finite,
   * and says which value in it was the first. No batch can be run afterwards.
   */
  explain(): Promise<string>;
  /** The model's tensors as they are at each moment. */
  readonly weights: Weights;
  snapshot(): Promise<StartingPoint>;
  /** Gives back all memory but that of `weights`. */
  finish(): void;
  /** Gives back all memory. */
  free(): void;
}

export interface Look {
  /** Summed over the epoch's batches. */
  readonly loss: number;
  /** Right answers, likewise. */
  readonly correct: number;
  /** Whether the loss, the parameters, and what else the next batch depends on are finite. */
  readonly finite: boolean;
}

/** The arguments of `run`. */
type Batch = Parameters<TrainingRun['run']>;

/** What a batch reads besides the state of the training. */
type BatchFeeds = ReturnType<typeof scalarsOf> & { readonly data: ReturnType<BatchFeed['feeds']> };

/** The executables of a training, and what they are fed. */
interface CompiledTraining {
  readonly traced: TracedBatch;
  readonly step: Awaited<ReturnType<typeof compileBatch>>;
  readonly watch: Awaited<ReturnType<typeof compileWatch>>;
  feeds(...batch: Batch): BatchFeeds;
  free(): void;
}

/** Compiles a batch of training. */
async function compileTraining(
  device: Device,
  model: Model,
  { channels, height, width, train }: Dataset,
  options: TrainOptions,
): Promise<CompiledTraining> {
  const { batchSize } = options;
  /** Batches of the whole training. */
  const all = options.epochs * Math.floor(train.count / batchSize);
  const opened: { free(): void }[] = [];
  const freeAll = () => {
    for (const each of opened.toReversed()) each.free();
  };
  try {
    const feed = openFeed(device, train, [channels, height, width], batchSize);
    opened.push(feed);
    const traced = batchOf(model, feed, options);
    const step = await compileBatch(device, traced);
    opened.push(step);
    const watch = await compileWatch(device, traced);
    opened.push(watch);
    const feeds = (...[indices, ...batch]: Batch) => ({
      data: feed.feeds(indices),
      ...scalarsOf(model, options, all, batch),
    });
    return { traced, step, watch, feeds, free: freeAll };
  } catch (error) {
    freeAll();
    throw error;
  }
}

/** What a batch reads besides its images and the state of the training. @param all batches of the whole training */
const scalarsOf = (
  model: Model,
  options: TrainOptions,
  all: number,
  [learningRate, batch, first]: [learningRate: number, batch: number, first: boolean],
) => ({
  rates: stepRates(model, options, learningRate, batch, strengthAt(options.adversary, batch, all)),
  keepTotals: Float32Array.of(first ? 0 : 1),
  key: randomWords({ seed: options.seed, stream: streamId('train.augmentation'), substream: batch }, 2),
});

/**
 * Runs a first batch on weights of its own, which compiles the kernels.
 * @returns seconds of the GPU for a batch by its timestamps; null where the adapter has none
 */
async function warmUp(
  device: Device,
  model: Model,
  { step, feeds }: CompiledTraining,
  options: TrainOptions,
  start: StartingPoint,
): Promise<number | null> {
  const point = uploadPoint(device, model, options, start);
  const indices = Uint32Array.from({ length: options.batchSize }, (_, i) => i);
  const inputs = { ...point, ...feeds(indices, options.learningRate, 0, true) };
  step.run(inputs);
  await device.settle(`the first step of ${model.name}`);
  const timestamps = device.gpu.features.has('timestamp-query') ? await step.time(inputs) : null;
  releasePoint(point);
  return timestamps === null ? null : timestamps.reduce((sum, each) => sum + each, 0) / 1000;
}

/** Waits for all batches so far. */
async function lookAt({ watch }: CompiledTraining, point: Point): Promise<Look> {
  const [loss, correct, finite] = await watch.run({ totals: point.totals, watched: watchedOf(point) }).seen.read();
  return { loss, correct, finite: finite === 1 && Number.isFinite(loss) };
}

/**
 * Repeats batches from a state that was kept, up to the first that leaves something that is not finite, and says what was.
 * @param kept becomes the state before that batch
 */
async function explainFrom(
  device: Device,
  model: Model,
  compiled: CompiledTraining,
  { kept, point }: { readonly kept: Point; readonly point: Point },
  batches: readonly Batch[],
): Promise<string> {
  const { traced, step, feeds } = compiled;
  copyPoint(device, kept, point);
  for (const batch of batches) {
    step.run({ ...point, ...feeds(...batch) });
    const { loss, finite } = await lookAt(compiled, point);
    if (finite) {
      copyPoint(device, point, kept);
      continue;
    }
    step.free();
    const outputs = Number.isFinite(loss) ? (['parameters', 'state', ACCUMULATED] as const) : (['totals'] as const);
    return explainBatch(device, model, traced, { ...kept, ...feeds(...batch) }, outputs, batch[2] + 1);
  }
  return 'the same batches once more gave finite values';
}

/** Compiles a batch of training, and uploads what it starts from. All is ready when this returns. */
export async function openTrainingRun(
  device: Device,
  model: Model,
  dataset: Dataset,
  options: TrainOptions,
  start: StartingPoint,
): Promise<TrainingRun> {
  const compiled = await compileTraining(device, model, dataset, options);
  const { step, feeds } = compiled;
  // The clock starts when all is ready.
  const gpuSeconds = await warmUp(device, model, compiled, options, start);
  const point = uploadPoint(device, model, options, start);
  await device.settle(`uploading ${model.name}`);
  const { parameters, state } = point;
  const kept = spareOf(device, point);
  let since: Batch[] = [];
  const keep = () => {
    if (kept === null) return;
    copyPoint(device, point, kept);
    since = [];
  };
  keep();
  const free = () => {
    if (kept !== null) releasePoint(kept);
    compiled.free();
  };
  return {
    flops: step.plan.flops,
    gpuSeconds,
    weights: unpacked(model, { parameters, state }),
    run: (...batch) => {
      step.run({ ...point, ...feeds(...batch) });
      if (kept !== null) since.push(batch);
    },
    look: () => lookAt(compiled, point),
    keep,
    explain: async () =>
      kept === null
        ? 'no memory was left to find out where it came from'
        : explainFrom(device, model, compiled, { kept, point }, since),
    snapshot: () => readPoint(model, point),
    finish: () => {
      const staying = new Set([...parameters, ...state]);
      for (const tensor of pointTensors(point)) if (!staying.has(tensor)) device.release(tensor.buffer);
      free();
    },
    free: () => {
      releasePoint(point);
      free();
    },
  };
}
