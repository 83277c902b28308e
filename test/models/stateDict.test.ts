import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/engine/errors.ts';
import type { StoredTensor } from '../../src/models/checkpoint/safetensors.ts';
import { resnet } from '../../src/models/resnet.ts';
import { fromStateDict, pytorchShape, toStateDict } from '../../src/models/stateDict.ts';
import { initialWeights } from '../../src/models/weights.ts';

const model = resnet({ depth: 18, width: 2, inChannels: 3, classes: 5 });
const weights = initialWeights(model, 7);
const stored = toStateDict(model, weights);

test('convolution weights are stored as [O, C, kH, kW]', () => {
  const { shape, data } = stored.get('layer2.0.conv1.weight') as StoredTensor;
  const inside = weights.parameters['layer2.0.conv1.weight'];
  expect(shape).toEqual([4, 2, 3, 3]);
  for (let o = 0; o < 4; o++)
    for (let c = 0; c < 2; c++)
      for (let tap = 0; tap < 9; tap++) expect(data[(o * 2 + c) * 9 + tap]).toBe(inside[(c * 9 + tap) * 4 + o]);
});

test('other tensors are stored as they are, running statistics among them', () => {
  expect(stored.get('fc.weight')).toEqual({ dtype: 'F32', shape: [5, 16], data: weights.parameters['fc.weight'] });
  expect(stored.get('bn1.running_var')?.data).toEqual(Float32Array.of(1, 1));
});

test('what was stored is read back, and batch counters of PyTorch are passed over', () => {
  const counter: StoredTensor = { dtype: 'I64', shape: [], data: BigInt64Array.of(5n) };
  const tensors = new Map([...stored, ['bn1.num_batches_tracked', counter] as const]);
  expect(fromStateDict(model, tensors, 'file')).toEqual(weights);
});

describe('refuses', () => {
  const changed = (name: string, tensor?: StoredTensor) => {
    const tensors = new Map(stored);
    if (tensor === undefined) tensors.delete(name);
    else tensors.set(name, tensor);
    return () => fromStateDict(model, tensors, 'a.safetensors');
  };
  const zeros = (shape: readonly number[]): StoredTensor => ({ dtype: 'F32', shape, data: new Float32Array(96) });

  test('a tensor that is missing', () => {
    const wanted = pytorchShape(model.parameters['bn1.weight']);
    expect(wanted).toEqual([2]);
    expect(changed('bn1.weight')).toThrow(
      new InputError(
        'a.safetensors: not a checkpoint of this resnet18, 1 tensor wrong: bn1.weight is missing, should be F32 [2]',
      ),
    );
  });

  test('a tensor of another shape or format', () => {
    expect(changed('conv1.weight', zeros([2, 3, 4, 4]))).toThrow(
      new InputError(
        'a.safetensors: not a checkpoint of this resnet18, 1 tensor wrong: conv1.weight is F32 [2, 3, 4, 4], should be F32 [2, 3, 7, 7]',
      ),
    );
    const halves: StoredTensor = { dtype: 'F16', shape: [5], data: new Uint16Array(5) };
    expect(changed('fc.bias', halves)).toThrow(
      new InputError(
        'a.safetensors: not a checkpoint of this resnet18, 1 tensor wrong: fc.bias is F16 [5], should be F32 [5]',
      ),
    );
  });

  test('a tensor that is none of the model', () => {
    expect(changed('layer5.0.conv1.weight', zeros([96]))).toThrow(
      new InputError(
        'a.safetensors: not a checkpoint of this resnet18, 1 tensor wrong: "layer5.0.conv1.weight" is none of its tensors',
      ),
    );
  });

  test('all mistakes at once, in the order of the model', () => {
    const tensors = new Map(stored);
    tensors.delete('bn1.weight');
    tensors.set('conv1.weight', zeros([96]));
    tensors.set('fc2.bias', zeros([96]));
    expect(() => fromStateDict(model, tensors, 'a.safetensors')).toThrow(
      new InputError(
        'a.safetensors: not a checkpoint of this resnet18, 3 tensors wrong: conv1.weight is F32 [96], should be F32 [2, 3, 7, 7]; bn1.weight is missing, should be F32 [2]; "fc2.bias" is none of its tensors',
      ),
    );
  });
});
