import type { NetworkSpec, ResNetSpec } from '../../src/models/network/catalogue.ts';

/** A network that a test knows to be a ResNet. */
export function resnetOf(model: NetworkSpec): ResNetSpec {
  if (model.family !== 'resnet') throw new Error(`a ResNet was expected, not a ${model.family}`);
  return model;
}
