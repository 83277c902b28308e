import type { ModelSpec } from '../../src/analysis/study/trial/storedModel.ts';
import type { ResNetSpec } from '../../src/models/network/catalogue.ts';

/** A network that a test knows to be a ResNet. */
export function resnetOf(model: ModelSpec): ResNetSpec {
  if (model.family !== 'resnet') throw new Error(`a ResNet was expected, not a ${model.family}`);
  return model;
}
