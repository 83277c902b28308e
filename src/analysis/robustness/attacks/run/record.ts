import type { ExecutableRuns } from './executableRuns.ts';

/** Distances between an image and its adversarial version, over all pixels, in units of the pixel range [0, 1]. */
export interface Distances {
  readonly l0: number;
  readonly l1: number;
  readonly l2: number;
  readonly linf: number;
}

/** Cost that one sample was charged: its share of every step in which it was still active. */
export interface SampleCost {
  /** Wall seconds, device synchronised. */
  readonly seconds: number;
  /** Images shown to the model (each image of each forward pass counts once). */
  readonly queries: number;
  /** Gradient evaluations. */
  readonly gradients: number;
  /** Floating-point operations of the passes. */
  readonly flops: number;
  /** The sample's share of the runs of each executable, equal for all that a step attacked; missing where there are no executables. */
  readonly runs?: ExecutableRuns;
}

/** What one attack did to one sample: a row of the survival table. */
export interface AttackRecord {
  /** Index of the sample in the attacked set: the cluster of the survival model. */
  readonly sample: number;
  readonly label: number;
  /** The classes that the model told before the attack and of the final image; records of earlier versions have none. */
  readonly predictedBefore?: number;
  readonly predictedAfter?: number;
  /** The model was wrong before the attack; such a sample neither survives nor fails. */
  readonly misclassifiedBefore: boolean;
  /** The attack made the model wrong within its budget (re-verified on the final image). */
  readonly success: boolean;
  /** The success is still there after rounding the image to 8 bits. */
  readonly successAfterRounding: boolean;
  /** The first step (from 1) at which the model was wrong; null for a sample that survived (right-censored). */
  readonly firstStep: number | null;
  /** Cost until the first failure, or until the budget ended. */
  readonly cost: SampleCost;
  readonly distances: Distances;
}
