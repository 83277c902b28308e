import { InputError } from '../../base/errors.ts';
import type { Augmentation } from '../data/augmentation.ts';
import type { Split } from '../data/dataset.ts';
import type { HostWeights } from '../network/model.ts';
import { optimiserOf } from './optimisers.ts';
import { checkSchedule, type PlainSchedule, type Schedule, scheduleOf } from './schedules.ts';
import type { StepOptions } from './step.ts';

export interface TrainOptions extends StepOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Constant when left out. */
  readonly schedule?: Schedule | PlainSchedule;
  /** Decides the initial weights, the order of the images and the augmentation. */
  readonly seed: number;
  /** Changes the images of a batch before the model sees them, on the device; `key`, u32 [2], is new in every batch. */
  readonly augment?: Augmentation;
  /** Images to classify after every epoch. */
  readonly validation?: Split;
  /** Training ends when so many epochs bring no higher accuracy on the validation images (without them, no lower loss). */
  readonly patience?: number;
  /** Goes on from here, with the same options: to the bits that training without interruption would have had. */
  readonly resume?: TrainingSnapshot;
  /** Ends training after the batch at work when it is aborted. */
  readonly signal?: AbortSignal;
  onProgress?(progress: TrainProgress): void;
  /** Is told whenever the device has nothing to do, and may use it: training waits, and its clocks stand. */
  onPause?(spent: TrainingPause): Promise<void>;
  /** Is told of every epoch, after the validation. */
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
  /** Of the loss, where it is scaled: the scale, and steps since it changed. */
  readonly scaling?: readonly [scale: number, steps: number];
  /** Batches done. */
  readonly batches: number;
  /** Loss and right answers summed over the epoch at work. */
  readonly totals: readonly [loss: number, correct: number];
  readonly reports: readonly EpochReport[];
  /** Spent on training so far. */
  readonly seconds: number;
}

/** @throws InputError on a number out of range */
export function checkTrainOptions(options: TrainOptions): void {
  const { epochs, batchSize, learningRate, schedule = 'constant', accumulate = 1, patience = 1 } = options;
  const whole = { 'number of epochs': epochs, 'batch size': batchSize, accumulation: accumulate, patience };
  const check = (what: string, value: number, right: boolean, range: string) => {
    if (!right) throw new InputError(`training: the ${what} is ${value}; it must be ${range}`);
  };
  for (const [name, value] of Object.entries(whole))
    check(name, value, Number.isInteger(value) && value >= 1, 'a whole number from 1');
  check('learning rate', learningRate, Number.isFinite(learningRate) && learningRate > 0, 'above 0');
  const { labelSmoothing = 0, clipNorm = 1 } = options;
  check('label smoothing', labelSmoothing, labelSmoothing >= 0 && labelSmoothing < 1, 'at least 0 and below 1');
  check('norm to clip to', clipNorm, Number.isFinite(clipNorm) && clipNorm > 0, 'above 0');
  checkSchedule(scheduleOf(schedule));
  optimiserOf(options);
}
