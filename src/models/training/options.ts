import type { Augmentation } from '../data/augmentation.ts';
import type { Split } from '../data/dataset.ts';
import type { HostWeights } from '../network/model.ts';
import type { TrainingSpec } from './spec.ts';
import type { StepOptions } from './step.ts';

/** A training with its seed, its validation and its callbacks. */
export interface TrainOptions extends TrainingSpec, Pick<StepOptions, 'adversary'> {
  /** Decides the order of the images, the augmentation, and the initial weights unless they are given. */
  readonly seed: number;
  /** Changes the images of a batch before the model sees them, on the device, after `augment`; `key`, u32 [2], is new in every batch. */
  readonly transform?: Augmentation;
  /** What training starts from, such as the weights of a network that was read from a file; drawn by the seed unless given. */
  readonly weights?: HostWeights;
  /** Images to classify after every epoch. */
  readonly validation?: Split;
  /** Goes on from here, with the same options: to the bits that training without interruption would have had. */
  readonly resume?: TrainingSnapshot;
  /** Ends training after the batch at work when it is aborted. */
  readonly signal?: AbortSignal;
  onProgress?(progress: TrainProgress): void;
  /** Called whenever the device is idle, and may use it: training waits, and its clocks stand still. */
  onPause?(spent: TrainingPause): Promise<void>;
  /** Called after the validation of every epoch. */
  onEpoch?(report: EpochReport): void;
  /** Is given what training could go on from: after so many epochs, and at the end, whatever the reason. Its time is not counted. */
  readonly checkpoints?: { readonly everyEpochs: number; write(snapshot: TrainingSnapshot): Promise<void> };
}

/** What training has come to when it pauses. */
export interface TrainingPause {
  readonly batches: number;
  /** On the wall. */
  readonly seconds: number;
  /** By the clock of the device, see `deviceClock`; since `train` was called. */
  readonly deviceSeconds: number;
}

export interface TrainProgress {
  /** Batches done, of all. */
  readonly step: number;
  readonly steps: number;
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Seconds that the training will still take, validation not counted. */
  readonly secondsLeft: number;
}

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch's batches, each before its step. */
  readonly loss: number;
  /** Share of the epoch's training images that were classified rightly, each before its step. */
  readonly accuracy: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
}

/** All that decides how training goes on: random numbers follow from the seed and the number of batches. */
export interface TrainingSnapshot {
  readonly weights: HostWeights;
  /** What the optimiser remembers of each parameter, by slot; `accumulated`, gradients that wait for a step. */
  readonly slots: Readonly<Record<string, HostWeights['parameters']>>;
  /** Loss scaling, in precisions that need it: the factor on the loss, and steps since it changed. */
  readonly scaling?: readonly [scale: number, steps: number];
  /** Batches done. */
  readonly batches: number;
  /** Loss and right answers summed over the epoch at work. */
  readonly totals: readonly [loss: number, correct: number];
  readonly reports: readonly EpochReport[];
  /** Spent on training so far. */
  readonly seconds: number;
}
