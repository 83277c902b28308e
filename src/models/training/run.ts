import { InputError } from '../../base/errors.ts';
import { randomWords, streamId } from '../../base/philox.ts';
import { type Device, elements, hostArray, isTensorType, mapTree, type Tensor } from '../../engine/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { openFeed } from '../data/feed.ts';
import { type HostArray, type HostWeights, type Model, mapValues, type Weights } from '../network/model.ts';
import { packValues, unpacked, unpackValues, type Vectors } from '../network/packed.ts';
import { strengthAt } from './adversary.ts';
import { batchOf, compileBatch, compileWatch, type Point, watchedOf } from './batch.ts';
import { explainBatch } from './nonFinite.ts';
import type { TrainingSnapshot, TrainOptions } from './options.ts';
import {
  releaseTrainingState,
  stepRates,
  type TrainingState,
  tensorsOf,
  trainingStateSpecs,
  uploadTrainingState,
} from './step.ts';

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

const ACCUMULATED = 'accumulated';

/** The arguments of `run`. */
type Batch = Parameters<TrainingRun['run']>;

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
  /** Batches of the whole training. */
  const all = options.epochs * Math.floor(train.count / batchSize);
  const feed = openFeed(device, train, [channels, height, width], batchSize);
  const traced = batchOf(model, feed, options);
  const freeing = (...opened: readonly { free(): void }[]) => {
    return (error: unknown) => {
      for (const each of opened) each.free();
      throw error;
    };
  };
  const step = await compileBatch(device, traced).catch(freeing(feed));
  const watch = await compileWatch(device, traced).catch(freeing(feed, step));
  const feeds = (...[indices, learningRate, batch, first]: Batch) => ({
    data: feed.feeds(indices),
    rates: stepRates(model, options, learningRate, batch, strengthAt(options.adversary, batch, all)),
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
  const kept = spareOf(device, point);
  let since: Batch[] = [];
  const keep = () => {
    if (kept === null) return;
    copyPoint(device, point, kept);
    since = [];
  };
  keep();
  const look = async (): Promise<Look> => {
    const [loss, correct, finite] = await watch.run({ totals: point.totals, watched: watchedOf(point) }).seen.read();
    return { loss, correct, finite: finite === 1 && Number.isFinite(loss) };
  };
  const free = () => {
    if (kept !== null) release(kept);
    watch.free();
    step.free();
    feed.free();
  };
  return {
    flops: step.plan.flops,
    gpuSeconds: timestamps === null ? null : timestamps.reduce((sum, each) => sum + each, 0) / 1000,
    weights,
    run: (...given) => {
      step.run({ ...point, ...feeds(...given) });
      if (kept !== null) since.push(given);
    },
    look,
    keep,
    explain: async () => {
      if (kept === null) return 'no memory was left to find out where it came from';
      copyPoint(device, kept, point);
      for (const each of since) {
        step.run({ ...point, ...feeds(...each) });
        const { loss, finite } = await look();
        if (finite) {
          copyPoint(device, point, kept);
          continue;
        }
        step.free();
        const outputs = Number.isFinite(loss) ? (['parameters', 'state', ACCUMULATED] as const) : (['totals'] as const);
        return explainBatch(device, model, traced, { ...kept, ...feeds(...each) }, outputs, each[2] + 1);
      }
      return 'the same batches once more gave finite values';
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

/** Memory for a second state; null where it does not fit. */
function spareOf(device: Device, point: Point): Point | null {
  const bytes = pointTensors(point).reduce((sum, tensor) => sum + tensor.bytes, 0);
  if (device.allocatedBytes + bytes > device.capabilities.memoryBudget) return null;
  return mapTree(point, isTensor, (tensor) => device.zeros(tensor)) as Point;
}

const isTensor = (value: unknown): value is Tensor => isTensorType(value) && 'buffer' in value;

/** Overwrites a state with another one. */
function copyPoint(device: Device, from: Point, to: Point): void {
  const targets = pointTensors(to);
  const encoder = device.gpu.createCommandEncoder();
  pointTensors(from).forEach(({ buffer, offset }, i) => {
    encoder.copyBufferToBuffer(buffer, offset, targets[i].buffer, targets[i].offset, targets[i].buffer.size);
  });
  device.gpu.queue.submit([encoder.finish()]);
}

const pointTensors = (point: Point): Tensor[] => [...tensorsOf(point), point.totals];

function release({ totals, ...state }: Point): void {
  releaseTrainingState(state);
  totals.device.release(totals.buffer);
}
