import {
  add,
  cast,
  compile,
  concatenate,
  type Device,
  type MapTree,
  multiply,
  type Node,
  reshape,
  spec,
  type Tensor,
  type TensorType,
} from '../../engine/index.ts';
import { augmentationOf, compose } from '../data/augmentation.ts';
import type { BatchFeed } from '../data/feed.ts';
import type { Model } from '../network/model.ts';
import { areFinite } from './lossScaling.ts';
import type { TrainOptions } from './options.ts';
import {
  BATCH_KEY,
  stepRateSpecs,
  TRAINING_STATE_DONATED,
  type TrainingState,
  trainingStateSpecs,
  trainingStep,
} from './step.ts';

/** What a batch changes. */
export interface Point<T = Tensor> extends TrainingState<T> {
  /** Loss and right answers summed over the epoch's batches. */
  readonly totals: T;
}

export type TracedBatch = ReturnType<typeof batchOf>;

/** Everything that a batch does, to be traced. */
export function batchOf(model: Model, feed: BatchFeed, options: TrainOptions) {
  const specs = {
    ...trainingStateSpecs(model, options),
    rates: stepRateSpecs(model, options),
    totals: spec([2]),
    /** 0 resets the totals, 1 continues them. */
    keepTotals: spec([1]),
    data: feed.specs,
    key: BATCH_KEY,
  };
  const changes = [augmentationOf(options), options.transform].filter((each) => each !== undefined);
  const augment = compose(...changes);
  const trace = ({ totals, keepTotals, key, data, ...inputs }: MapTree<typeof specs, TensorType, Node>) => {
    const { x, labels } = feed.batch(data);
    const { loss, correct, ...updated } = trainingStep(model, { ...inputs, key, x: augment(x, key), labels }, options);
    const news = concatenate([reshape(cast(loss, 'f32'), [1]), reshape(correct, [1])], 0);
    return { ...updated, totals: add(multiply(totals, keepTotals), news) };
  };
  return { specs, trace, name: `training step of ${model.name}` };
}

/** A batch in one executable that overwrites what it updates. */
export const compileBatch = (device: Device, { name, specs, trace }: TracedBatch) =>
  compile(
    (inputs: Parameters<typeof trace>[0]) => {
      const { gradients: _, ...updated } = trace(inputs);
      return updated;
    },
    specs,
    { device, name, donate: { ...TRAINING_STATE_DONATED, totals: 'totals' } },
  );

/** What must be finite after a batch. Where the loss is scaled, a step whose gradients are not finite is left out. */
export const watchedOf = <T>({ parameters, state, scaling, accumulated }: TrainingState<T>): T[] => [
  ...parameters,
  ...state,
  ...(scaling.length === 0 ? accumulated : []),
];

/** The totals, and 1 where all that is watched is finite, in one tensor. */
export const compileWatch = (device: Device, { name, specs }: TracedBatch) =>
  compile(
    ({ totals, watched }) => ({
      seen: concatenate([totals, reshape(cast(areFinite(watched), 'f32'), [1])], 0),
    }),
    { totals: specs.totals, watched: watchedOf(specs) },
    { device, name: `watch over the ${name}` },
  );
