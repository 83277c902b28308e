import type { AdversarialTrainingOptions } from './adversarialTraining.ts';
import type { JpegCompressionOptions } from './jpegCompression.ts';
import type { LabelSmoothingOptions } from './labelSmoothing.ts';
import type { RandomisedSmoothingOptions } from './randomisedSmoothing.ts';
import type { TotalVarianceMinimisationOptions } from './totalVarianceMinimisation.ts';

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
