import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import type { StoredTensor } from '../../../src/models/checkpoint/safetensors.ts';
import { resnet } from '../../../src/models/network/families/resnet.ts';
import { mapValues } from '../../../src/models/network/model.ts';
import { checkWeights, fromStateDict, pytorchShape, toStateDict } from '../../../src/models/network/stateDict.ts';
import { initialWeights } from '../../../src/models/network/weights.ts';

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
    const counts: StoredTensor = { dtype: 'I32', shape: [5], data: new Int32Array(5) };
    expect(changed('fc.bias', counts)).toThrow(
      new InputError(
        'a.safetensors: not a checkpoint of this resnet18, 1 tensor wrong: fc.bias is I32 [5], should be F32 [5]',
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

  test('many mistakes by their number and the first three, in the order of the model', () => {
    const tensors = new Map(stored);
    tensors.delete('bn1.weight');
    tensors.set('conv1.weight', zeros([96]));
    tensors.set('fc2.bias', zeros([96]));
    const known =
      'conv1.weight is F32 [96], should be F32 [2, 3, 7, 7]; bn1.weight is missing, should be F32 [2]; "fc2.bias" is none of its tensors';
    expect(() => fromStateDict(model, tensors, 'a.safetensors')).toThrow(
      new InputError(`a.safetensors: not a checkpoint of this resnet18, 3 tensors wrong: ${known}`),
    );
    for (const name of ['fc3.bias', 'fc4.bias']) tensors.set(name, zeros([96]));
    expect(() => fromStateDict(model, tensors, 'a.safetensors')).toThrow(
      new InputError(`a.safetensors: not a checkpoint of this resnet18, 5 tensors wrong: ${known} (and 2 more)`),
    );
  });
});

// Codes and numbers by PyTorch 2.5.1, `view(torch.float16)` and `view(torch.bfloat16)`, then `double()`.
test.each([
  ['F16', [0x3c00, 0x3555, 0x7bff, 0x0001, 0xc000], [1, 0.333251953125, 65504, 2 ** -24, -2]],
  ['BF16', [0x3f80, 0x3eab, 0x4049, 0xc000, 0x0001], [1, 0.333984375, 3.140625, -2, 2 ** -133]],
] as const)('numbers of %s are widened exactly', (dtype, codes, numbers) => {
  const tensors = new Map(stored).set('fc.bias', { dtype, shape: [5], data: Uint16Array.from(codes) });
  expect(Array.from(fromStateDict(model, tensors, 'file').parameters['fc.bias'])).toEqual(numbers);
});

test('a convolution in F16 is laid out as one in F32', () => {
  const codes = Uint16Array.from({ length: 2 * 3 * 49 }, (_, i) => 0x3c00 + i);
  const shape = [2, 3, 7, 7];
  const wide = Float32Array.from(codes, (code) => 1 + (code - 0x3c00) / 1024);
  const read = (tensor: StoredTensor) =>
    fromStateDict(model, new Map(stored).set('conv1.weight', tensor), 'file').parameters['conv1.weight'];
  expect(read({ dtype: 'F16', shape, data: codes })).toEqual(read({ dtype: 'F32', shape, data: wide }));
});

describe('weights that no inference can use', () => {
  const withValues = (changes: Record<string, readonly number[]>) => {
    const change = (tensors: typeof weights.parameters) =>
      mapValues(tensors, (values, name) => {
        const copy = values.slice();
        copy.set(changes[name] ?? []);
        return copy;
      });
    return () => checkWeights(model, { parameters: change(weights.parameters), state: change(weights.state) }, 'm');
  };

  test('are fine as long as they are finite, and variances not below 0', () => {
    expect(withValues({ 'fc.bias': [-3e38], 'bn1.running_mean': [-1], 'bn1.running_var': [0] })).not.toThrow();
  });

  test.each([
    [{ 'fc.bias': [1, Number.NaN, Number.POSITIVE_INFINITY] }, 'fc.bias holds NaN (2 of its 5 values are not finite)'],
    [{ 'bn1.running_var': [-0.5] }, 'bn1.running_var holds -0.5 (1 of its 2 variances are below 0)'],
    [
      { 'bn1.running_mean': [Number.NEGATIVE_INFINITY] },
      'bn1.running_mean holds -Infinity (1 of its 2 values are not finite)',
    ],
  ])('%j is refused by name', (changes, what) => {
    expect(withValues(changes)).toThrow(
      new InputError(
        `m: not the weights of a working resnet18, 1 tensor wrong: ${what}; a training that diverged leaves such values`,
      ),
    );
  });

  test('many by their number and the first three', () => {
    const all = Object.fromEntries(Object.keys(weights.state).map((name) => [name, [Number.NaN]]));
    expect(withValues(all)).toThrow(
      /^m: not the weights of a working resnet18, 40 tensors wrong: [^;]+; [^;]+; [^;]+ \(and 37 more\); a training/,
    );
  });
});
