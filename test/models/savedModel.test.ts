import { expect, test } from 'vitest';
import { InputError } from '../../src/engine/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/models/checkpoint/safetensors.ts';
import { type ResNetOptions, resnet } from '../../src/models/resnet.ts';
import { fromCheckpoint, toCheckpoint } from '../../src/models/savedModel.ts';
import { initialWeights } from '../../src/models/weights.ts';

const options: ResNetOptions = {
  depth: 34,
  width: 2,
  stem: 'cifar',
  inChannels: 1,
  classes: 3,
  normalisation: { mean: [0.1], standardDeviation: [0.3] },
};
const weights = initialWeights(resnet(options), 3);

test('a model is the same after a round trip through a file', () => {
  const file = encodeSafetensors(toCheckpoint(options, weights));
  const read = fromCheckpoint(decodeSafetensors(file, 'm'), 'm');
  expect(read.options).toEqual(options);
  expect(read.weights).toEqual(weights);
  expect(read.model.name).toBe('resnet34');
});

test.each([
  [{}, 'm: the metadata has no entry outlast.resnet; is it a checkpoint of this program?'],
  [
    { 'outlast.resnet': '{"depth": 19, "width": 2, "inChannels": 1, "classes": 3}' },
    'no ResNet has depth 19; the family has 18, 34, 50, 101, 152',
  ],
  [
    { 'outlast.resnet': '{"depth": 34, "width": 4, "stem": "cifar", "inChannels": 1, "classes": 3}' },
    'm: the tensor conv1.weight is F32 [2, 1, 3, 3], but resnet34 needs F32 [4, 1, 3, 3]',
  ],
])('refuses the metadata %o', (metadata, message) => {
  const { tensors } = toCheckpoint(options, weights);
  expect(() => fromCheckpoint({ tensors, metadata }, 'm')).toThrow(new InputError(message));
});

test('refuses metadata that is no JSON', () => {
  const { tensors } = toCheckpoint(options, weights);
  expect(() => fromCheckpoint({ tensors, metadata: { 'outlast.resnet': '{' } }, 'm')).toThrow(
    /^m: the metadata entry outlast.resnet is not JSON: /,
  );
});
