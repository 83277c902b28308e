import { compile } from '../engine/compile.ts';
import type { Device, Tensor } from '../engine/device.ts';
import { InputError } from '../engine/errors.ts';
import { type Node, spec } from '../engine/graph.ts';
import { add, multiply } from '../engine/ops/elementwise.ts';
import { concatenate, reshape } from '../engine/ops/shape.ts';
import { randomWords, streamId } from '../engine/philox.ts';
import { type Dataset, labelsAt, toFloat } from './data/dataset.ts';
import { batches } from './data/sampling.ts';
import type { HostWeights, Model, Weights } from './model.ts';
import { learningRateAt, type Schedule } from './optimisers.ts';
import { unpacked } from './packed.ts';
import {
  releaseTrainingState,
  type StepOptions,
  TRAINING_STATE_DONATED,
  type TrainingState,
  trainingStateSpecs,
  trainingStep,
  uploadTrainingState,
} from './trainingStep.ts';
import { initialWeights } from './weights.ts';

export interface TrainOptions extends StepOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly schedule?: Schedule;
  /** Decides the initial weights, the order of the images and the augmentation. */
  readonly seed: number;
  /** Changes the images of a batch before the model sees them, on the device; `key`, u32 [2], is new in every step. */
  readonly augment?: (x: Node, key: Node) => Node;
  onProgress?(progress: TrainProgress): void;
}

export interface TrainProgress {
  /** Steps done, of all. */
  readonly step: number;
  readonly steps: number;
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
}

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch's batches, each before its step. */
  readonly loss: number;
  /** Share of the epoch's training images that were classified rightly, each before its step. */
  readonly accuracy: number;
}

export interface Training {
  readonly weights: Weights;
  readonly epochs: readonly EpochReport[];
  /** Device-synchronised wall seconds of all steps; compilation and warm-up are apart. */
  readonly seconds: number;
  readonly compileSeconds: number;
  readonly steps: number;
  /** Floating-point operations of all steps. */
  readonly flops: number;
}

/** The loss stopped being a number. */
export class DivergenceError extends Error {
  override name = 'DivergenceError';
}

/** Reading the loss waits for the device, so it is read every so many steps. */
const STEPS_BETWEEN_READS = 10;

/**
 * Trains a model on `dataset.train` by SGD, from weights drawn by the seed. Every epoch sees the images in a new order; images
 * that do not fill a batch wait for another epoch.
 * @throws InputError on an option out of range; DivergenceError when the loss is no longer finite
 */
export async function train(device: Device, model: Model, dataset: Dataset, options: TrainOptions): Promise<Training> {
  checkOptions(options);
  const { batchSize, seed, epochs, learningRate, schedule = 'constant', onProgress } = options;
  const began = performance.now();
  const step = await compileStep(device, model, dataset, options);
  const initial = initialWeights(model, seed);
  let done = 0;
  const stepsPerEpoch = batches(dataset.train.count, batchSize, seed, 0, { dropLast: true }).length;
  const steps = epochs * stepsPerEpoch;
  const feeds = (indices: Uint32Array, images: Float32Array) => ({
    x: toFloat(dataset.train, indices, images),
    labels: Int32Array.from(labelsAt(dataset.train, indices)),
    learningRate: Float32Array.of(learningRateAt(schedule, learningRate, done, steps)),
    key: randomWords({ seed, stream: streamId('train.augmentation'), substream: done }, 2),
  });
  const images = new Float32Array(batchSize * dataset.channels * dataset.height * dataset.width);
  // The first run compiles the kernels, on weights of its own: the clock starts when all is ready.
  const trial = startingPoint(device, model, initial);
  step.run({
    ...trial,
    ...feeds(
      Uint32Array.from({ length: batchSize }, (_, i) => i),
      images,
    ),
    keep: ZERO,
  });
  await device.settle(`the first step of ${model.name}`);
  release(trial);
  const point = startingPoint(device, model, initial);
  await device.settle(`uploading ${model.name}`);

  const compileSeconds = (performance.now() - began) / 1000;
  const started = performance.now();
  const reports: EpochReport[] = [];
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      let report: EpochReport | undefined;
      for (const [index, indices] of batches(dataset.train.count, batchSize, seed, epoch, {
        dropLast: true,
      }).entries()) {
        step.run({ ...point, ...feeds(indices, images), keep: index === 0 ? ZERO : ONE });
        done++;
        const last = index + 1 === stepsPerEpoch;
        if (!last && done % STEPS_BETWEEN_READS !== 0) continue;
        const [loss, correct] = await point.totals.read();
        report = { epoch, loss: loss / (index + 1), accuracy: correct / ((index + 1) * batchSize) };
        refuseDivergence(report, index + 1, options);
        onProgress?.({ step: done, steps, epoch, loss: report.loss });
      }
      if (report !== undefined) reports.push(report);
    }
    const seconds = (performance.now() - started) / 1000;
    const { velocity, totals, ...packed } = point;
    for (const { buffer } of [...velocity, totals]) device.release(buffer);
    const weights = unpacked(model, packed);
    return { weights, epochs: reports, seconds, compileSeconds, steps, flops: steps * step.plan.flops };
  } catch (error) {
    release(point);
    throw error;
  } finally {
    step.free();
  }
}

const ZERO = Float32Array.of(0);
const ONE = Float32Array.of(1);

interface StartingPoint extends TrainingState<Tensor> {
  /** Sum of the losses of the epoch's batches, and how many of its images were classified rightly. */
  readonly totals: Tensor;
}

const startingPoint = (device: Device, model: Model, initial: HostWeights): StartingPoint => ({
  ...uploadTrainingState(device, model, initial),
  totals: device.zeros(spec([2])),
});

function release({ totals, ...state }: StartingPoint): void {
  releaseTrainingState(state);
  totals.device.release(totals.buffer);
}

/** Everything that a step does, in one executable that overwrites what it updates. */
function compileStep(device: Device, model: Model, dataset: Dataset, options: TrainOptions) {
  const { channels, height, width } = dataset;
  return compile(
    ({ totals, keep, key, x, ...inputs }) => {
      const images = options.augment?.(x, key) ?? x;
      const { loss, correct, gradients: _, ...updated } = trainingStep(model, { ...inputs, x: images }, options);
      const news = concatenate([reshape(loss, [1]), reshape(correct, [1])], 0);
      return { ...updated, totals: add(multiply(totals, keep), news) };
    },
    {
      ...trainingStateSpecs(model),
      totals: spec([2]),
      /** 0 starts the totals anew, 1 goes on. */
      keep: spec([1]),
      x: spec([options.batchSize, channels, height, width]),
      labels: spec([options.batchSize], 'i32'),
      learningRate: spec([]),
      key: spec([2], 'u32'),
    },
    {
      device,
      name: `training step of ${model.name}`,
      donate: { ...TRAINING_STATE_DONATED, totals: 'totals' },
    },
  );
}

function refuseDivergence({ epoch, loss }: EpochReport, step: number, { learningRate }: TrainOptions): void {
  if (Number.isFinite(loss)) return;
  throw new DivergenceError(
    `training diverged: the loss is ${loss} in epoch ${epoch}, by step ${step}; a learning rate below ${learningRate} may help`,
  );
}

function checkOptions({ epochs, batchSize, learningRate, momentum, weightDecay }: TrainOptions): void {
  for (const [name, value] of Object.entries({ 'number of epochs': epochs, 'batch size': batchSize }))
    if (!Number.isInteger(value) || value < 1)
      throw new InputError(`training: the ${name} is ${value}; it must be a whole number from 1`);
  if (!(Number.isFinite(learningRate) && learningRate > 0))
    throw new InputError(`training: the learning rate is ${learningRate}; it must be above 0`);
  if (!(momentum >= 0 && momentum < 1))
    throw new InputError(`training: the momentum is ${momentum}; it must be at least 0 and below 1`);
  if (!(Number.isFinite(weightDecay) && weightDecay >= 0))
    throw new InputError(`training: the weight decay is ${weightDecay}; it must be at least 0`);
}
