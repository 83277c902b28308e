import { adversarialTraining } from './adversarialTraining.ts';
import { type Defence, noDefence } from './defence.ts';
import { featureSqueezing } from './featureSqueezing.ts';
import { gaussianAugmentation } from './gaussianAugmentation.ts';
import { gaussianNoise } from './gaussianNoise.ts';
import { highConfidence } from './highConfidence.ts';
import { jpegCompression } from './jpegCompression.ts';
import { labelSmoothing } from './labelSmoothing.ts';
import { randomisedSmoothing } from './randomisedSmoothing.ts';
import { spatialSmoothing } from './spatialSmoothing.ts';
import type { DefenceSpec } from './spec.ts';
import { totalVarianceMinimisation } from './totalVarianceMinimisation.ts';

/** The defence that a study names. @throws InputError when a parameter is out of range */
export function defenceOf(spec: DefenceSpec): Defence {
  switch (spec.name) {
    case 'none':
      return noDefence;
    case 'gaussian-augmentation':
      return gaussianAugmentation(spec);
    case 'adversarial-training':
      return adversarialTraining(spec);
    case 'feature-squeezing':
      return featureSqueezing(spec);
    case 'spatial-smoothing':
      return spatialSmoothing(spec);
    case 'high-confidence':
      return highConfidence(spec);
    case 'gaussian-noise':
      return gaussianNoise(spec);
    case 'label-smoothing':
      return labelSmoothing(spec);
    case 'jpeg-compression':
      return jpegCompression(spec);
    case 'total-variance-minimisation':
      return totalVarianceMinimisation(spec);
    case 'randomised-smoothing':
      return randomisedSmoothing(spec);
  }
}
