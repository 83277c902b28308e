import type { Ledger } from './ledger.ts';
import type { MaskingSigns } from './masking.ts';

/** What is attacked: images [count, C, H, W] with pixels in [0, 1], and their true labels. */
export interface Samples {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** Images attacked together. The last batch, and a small one, are filled up with copies of the first row, which are not active. */
export interface Batch extends Samples {
  readonly size: number;
  /** The index of each row's sample, which its random numbers follow. */
  readonly sample: readonly number[];
  /** How strongly each row is attacked: the ball's radius, for attacks that have one. */
  readonly strength: Float32Array;
  /** Whom to attack: true samples that the model classifies rightly. */
  readonly active: readonly boolean[];
}

export interface BatchOutcome {
  readonly ledger: Ledger;
  /** The final images; those of inactive samples are unchanged. */
  readonly images: Float32Array;
  readonly signs: MaskingSigns;
}

/** Samples of which something is suspicious. */
export interface Findings {
  readonly zero: number;
  readonly notFinite: number;
  readonly lost: number;
}
