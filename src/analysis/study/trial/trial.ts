import type { AdapterDescription, DeviceClock } from '../../../engine/index.ts';
import type { DataSpec, EpochReport, TrainingSpec } from '../../../models/index.ts';
import type {
  AttackBenchFigures,
  AttackRecord,
  AttackSpec,
  Budget,
  Certificate,
  DefenceSpec,
} from '../../robustness/index.ts';
import type { AttackPicture } from './pictures.ts';
import type { ProtocolSpec } from './protocol.ts';
import type { ModelSpec } from './storedModel.ts';

/**
 * Everything that decides a trained model. Its hash is the trial's identity: equal configurations share one training. A model that is
 * trained already is read and tested in place of a training.
 */
export interface TrainTrial {
  readonly kind: 'train';
  readonly data: DataSpec;
  readonly model: ModelSpec;
  /** Null of a model that is trained already. */
  readonly training: TrainingSpec | null;
  /** Defences that change the training set only; others are `none` here, so that their models are shared. */
  readonly defence: DefenceSpec;
  readonly seed: number;
}

/** One attack at one strength on one defended model. */
export interface AttackTrial {
  readonly kind: 'attack';
  readonly train: TrainTrial;
  readonly defence: DefenceSpec;
  readonly attack: AttackSpec;
  /** Class-balanced test images to attack. */
  readonly samples: number;
  /** The most that may be spent on a sample; left out, there is no limit. */
  readonly budget?: Budget;
  /** Left out, the attack is run once, at its strength; it has none under a protocol. */
  readonly protocol?: ProtocolSpec;
  readonly seed: number;
  /** Whether it is what attacks are compared with, and not one of them (see `controlsOf`). No part of the identity. */
  readonly control?: true;
}

export type Trial = TrainTrial | AttackTrial;

/**
 * Seconds of a run of an executable at several moments, and at each those of a small network that is the same for all (see
 * `openReference`).
 */
export interface CalibratedTimes {
  readonly times: readonly number[];
  readonly reference: readonly number[];
}

/** What the executables of a trial took, by their names, beside that network, and which clock told it (see `deviceClock`). */
export interface Calibration {
  readonly clock: DeviceClock['kind'];
  readonly executables: Readonly<Record<string, CalibratedTimes>>;
}

export interface TrainResult {
  readonly kind: 'train';
  /** Accuracy on the test split, without defence at prediction. */
  readonly accuracy: number;
  readonly testLoss: number;
  /** Expected calibration error on the test split, 15 bins; trials of earlier versions have none. */
  readonly calibrationError?: number;
  /** Confusion matrix on the test split: how many images of each class (row) were classified as each class (column). */
  readonly confusion?: readonly (readonly number[])[];
  /**
   * Device-synchronised wall seconds of the training loop; shader compilation is apart. As all costs 0 of a model that is trained already.
   */
  readonly trainSeconds: number;
  readonly compileSeconds: number;
  readonly trainSamples: number;
  /** Floating-point operations of the whole training. */
  readonly trainFlops: number;
  /** Batches of the whole training: steps, each of the trial's batch size; trials of earlier versions have none. */
  readonly trainSteps?: number;
  /** Images shown to the model in the whole training, by an adversary, too; left out: each once an epoch. */
  readonly trainQueries?: number;
  readonly predictSecondsPerSample: number;
  readonly parameters: number;
  /** What a stored model is, in a few words; left out of networks that the study trains. */
  readonly network?: string;
  /** Loss and accuracy of each epoch; where images are held out, also on these. */
  readonly epochs: readonly EpochReport[];
  /** Checkpoint file beside the result. */
  readonly checkpoint: string;
  /** Left out where nothing was timed; trials of earlier versions have none. */
  readonly calibration?: Calibration;
}

/** An attack's record as a trial keeps it: with runs as numbers, in the order of the trial's `executables`. */
export interface TrialRecord extends AttackRecord {
  readonly runs?: readonly number[];
}

export interface AttackResult {
  readonly kind: 'attack';
  /** Accuracy of the defended model on the attacked samples before the attack. */
  readonly cleanAccuracy: number;
  /** Share of the attacked samples that are right after the attack. */
  readonly robustAccuracy: number;
  /** Accuracy of the defended model on the whole test split. */
  readonly testAccuracy: number;
  readonly records: readonly TrialRecord[];
  /** Names of the executables that ran; trials of earlier versions have none. */
  readonly executables?: readonly string[];
  /** Left out where nothing was timed, because enough had been; trials of earlier versions have none. */
  readonly calibration?: Calibration;
  /**
   * Which test image each sample is, by its place in the data set as published (see `Split.origins`): samples of several seeds may be the
   * same image. Trials of earlier versions do not tell.
   */
  readonly images?: readonly number[];
  /** What a randomised smoothing certifies for each attacked image, before the attack; in the order of the records. */
  readonly certificates?: readonly Certificate[];
  /** What the protocol keeps of each attacked image, in the order of the records; left out without one. */
  readonly protocol?: ProtocolResult;
  readonly warnings: readonly string[];
  /** A few of the images; trials of earlier versions have none. */
  readonly pictures?: readonly AttackPicture[];
}

export interface ProtocolResult {
  readonly samples: readonly AttackBenchFigures[];
  /** File beside the result: the best distance of each image after so many passes, in CSV, a row for each time that it fell. */
  readonly trace: string;
}

export type TrialResult = TrainResult | AttackResult;

/** What is stored of a finished trial, `trials/<id>/trial.json`. */
export interface FinishedTrial<T extends Trial = Trial, R extends TrialResult = TrialResult> {
  readonly id: string;
  readonly trial: T;
  readonly result: R;
  readonly adapter: AdapterDescription;
  /** The machine that computed it (see `machineId`); trials of earlier versions have none. */
  readonly machine?: string;
  /** Which measured choice of kernels computed it (see `Tuning`); left out: the defaults. */
  readonly kernels?: string;
  readonly finishedAt: string;
}
