import type { DeviceClock } from '../../../engine/device/clock.ts';
import type { AdapterDescription } from '../../../engine/device/device.ts';
import type { DataSource } from '../../../models/data/dataset.ts';
import type { Precision } from '../../../models/network/precision.ts';
import type { PlainSchedule } from '../../../models/training/schedules.ts';
import type { AttackName, AttackParameters } from '../../robustness/attacks/parameters.ts';
import type { Budget } from '../../robustness/attacks/run/budget.ts';
import type { AttackRecord } from '../../robustness/attacks/run/record.ts';
import type { Certificate } from '../../robustness/certificate.ts';
import type { AdversarialTrainingOptions } from '../../robustness/defences/adversarialTraining.ts';
import type { JpegCompressionOptions } from '../../robustness/defences/jpegCompression.ts';
import type { LabelSmoothingOptions } from '../../robustness/defences/labelSmoothing.ts';
import type { RandomisedSmoothingOptions } from '../../robustness/defences/randomisedSmoothing.ts';
import type { TotalVarianceMinimisationOptions } from '../../robustness/defences/totalVarianceMinimisation.ts';
import type { NormName } from '../../robustness/norms.ts';
import type { AttackPicture } from './pictures.ts';

/** A defence with its parameters; `none` is the control. */
export type DefenceSpec =
  | { readonly name: 'none' }
  | { readonly name: 'gaussian-augmentation'; readonly sigma: number; readonly ratio: number }
  | ({ readonly name: 'adversarial-training' } & AdversarialTrainingOptions)
  | { readonly name: 'feature-squeezing'; readonly bitDepth: number }
  | { readonly name: 'spatial-smoothing'; readonly windowSize: number }
  | { readonly name: 'high-confidence'; readonly cutoff: number }
  | { readonly name: 'gaussian-noise'; readonly scale: number }
  | ({ readonly name: 'label-smoothing' } & LabelSmoothingOptions)
  | ({ readonly name: 'jpeg-compression' } & JpegCompressionOptions)
  | ({ readonly name: 'total-variance-minimisation' } & TotalVarianceMinimisationOptions)
  | ({
      readonly name: 'randomised-smoothing';
      /** Whether the model is trained with the same noise. */
      readonly augmentation: boolean;
      /** Of the certificates: copies that choose a class, copies that estimate its probability, and the risk of a false one. */
      readonly n0: number;
      readonly n: number;
      readonly alpha: number;
    } & RandomisedSmoothingOptions);

/**
 * An attack with its parameters, all that it takes written out (see `ATTACKS`). `eps` and `epsStep` are in units of the pixel range
 * [0, 1]; `th` is pixels or grey levels. An attack with a norm of its own has no `norm`, one without a strength neither `eps` nor `th`.
 */
export interface AttackSpec extends Partial<AttackParameters> {
  readonly name: AttackName;
  readonly norm?: NormName;
  readonly eps?: number;
  readonly epsStep?: number;
  readonly th?: number;
  /** Draws that all that is asked is the mean of; left out, there is one, as on every defence that is not random. */
  readonly expectationSamples?: number;
}

export type DataSpec = DataSource & {
  /** Training and test images joined and divided anew by the seed; left out, as they are published. */
  readonly split?: 'shuffled';
  /** The files were made by a program in the format of the data set, and say so; left out, they are the data set's own. */
  readonly generated?: true;
  /** Images used for training and for measuring test accuracy; null means all of the split, or 80 % and 20 % of a shuffled one. */
  readonly train: number | null;
  readonly test: number | null;
};

export interface ModelSpec {
  readonly family: 'resnet';
  readonly depth: 18 | 34 | 50 | 101 | 152;
  /** Channels of the first stage; torchvision's is 64. */
  readonly width: number;
  readonly stem: 'imagenet' | 'cifar';
  readonly precision: Precision;
}

export interface TrainingSpec {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly schedule: PlainSchedule;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** Everything that decides a trained model. Its hash is the trial's identity: equal configurations share one training. */
export interface TrainTrial {
  readonly kind: 'train';
  readonly data: DataSpec;
  readonly model: ModelSpec;
  readonly training: TrainingSpec;
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
  readonly seed: number;
}

export type Trial = TrainTrial | AttackTrial;

/** Seconds of a run of an executable at several moments, and at each those of a small network that is the same for all (see `openReference`). */
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
  /** Of the test split: how many images of each class (row) were classified as each class (column). */
  readonly confusion?: readonly (readonly number[])[];
  /** Device-synchronised wall seconds of the training loop; shader compilation is apart. */
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
  readonly epochs: readonly { readonly epoch: number; readonly loss: number; readonly accuracy: number }[];
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
  /** Of a randomised smoothing: what is certain of each attacked image, before the attack; its order is that of the records. */
  readonly certificates?: readonly Certificate[];
  readonly warnings: readonly string[];
  /** A few of the images; trials of earlier versions have none. */
  readonly pictures?: readonly AttackPicture[];
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
