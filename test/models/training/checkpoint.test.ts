import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/models/checkpoint/safetensors.ts';
import { type ResNetOptions, resnet } from '../../../src/models/network/families/resnet.ts';
import { fromCheckpoint, toCheckpoint } from '../../../src/models/network/savedModel.ts';
import { initialWeights } from '../../../src/models/network/weights.ts';
import { fromTrainingCheckpoint, toTrainingCheckpoint } from '../../../src/models/training/checkpoint.ts';
import type { TrainingSnapshot } from '../../../src/models/training/options.ts';

const options: ResNetOptions = { depth: 18, width: 2, stem: 'cifar', inChannels: 1, classes: 3 };
const model = resnet(options);
const snapshot: TrainingSnapshot = {
  weights: initialWeights(model, 1),
  slots: { exp_avg: initialWeights(model, 2).parameters, exp_avg_sq: initialWeights(model, 3).parameters },
  batches: 12,
  totals: [Math.fround(1.1), 7],
  reports: [{ epoch: 1, loss: 0.1 + 0.2, accuracy: 1 / 3, validationLoss: 1e-9, validationAccuracy: 0.5 }],
  seconds: 3.25,
};
const config = { seed: 4, data: { name: 'mnist' } };
const checkpoint = toTrainingCheckpoint(toCheckpoint(options, snapshot.weights), model, snapshot, config);

test('a training is the same after a round trip through a file', () => {
  const read = fromTrainingCheckpoint(decodeSafetensors(encodeSafetensors(checkpoint), 'c'), 'c');
  expect(read.snapshot).toEqual(snapshot);
  expect(read.config).toEqual(config);
  expect(read.saved.options).toEqual({ family: 'resnet', ...options });
});

test('the optimiser stands beside PyTorch’s names, in PyTorch’s layouts', () => {
  expect(checkpoint.tensors.get('optimiser.exp_avg.layer1.0.conv1.weight')).toMatchObject({ shape: [2, 2, 3, 3] });
  expect(checkpoint.tensors.get('layer1.0.conv1.weight')).toMatchObject({ shape: [2, 2, 3, 3] });
  expect([...checkpoint.tensors.keys()].filter((name) => name.startsWith('optimiser.exp_avg.'))).toHaveLength(62);
});

test('the model of a training under way can be read by itself', () => {
  expect(fromCheckpoint(checkpoint, 'c').weights).toEqual(snapshot.weights);
});

describe('refuses', () => {
  const withEntry = (text: string | undefined) => {
    const { 'outlast.training': _, ...metadata } = checkpoint.metadata;
    return { ...checkpoint, metadata: text === undefined ? metadata : { ...metadata, 'outlast.training': text } };
  };

  test.each([
    [undefined, 'c: the metadata entry outlast.training is missing: training cannot go on from this checkpoint'],
    ['{', /^c: the metadata entry outlast\.training is not JSON: /],
    ['{"batches": -1}', /^c: the metadata entry outlast\.training, batches: /],
    ['null', /^c: the metadata entry outlast\.training: /],
  ])('the metadata %j', (text, message) => {
    const read = () => fromTrainingCheckpoint(withEntry(text), 'c');
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
  });

  test('an optimiser that lacks a tensor', () => {
    const tensors = new Map(checkpoint.tensors);
    tensors.delete('optimiser.exp_avg.fc.bias');
    expect(() => fromTrainingCheckpoint({ ...checkpoint, tensors }, 'c')).toThrow(
      new InputError(
        'c, exp_avg of the optimiser: not a checkpoint of this resnet18, 1 tensor wrong: fc.bias is missing, should be F32 [3]',
      ),
    );
  });
});
