import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/engine/errors.ts';
import { input, spec } from '../../src/engine/graph.ts';
import { mapValues, parameterCount } from '../../src/models/model.ts';
import { type ResNetDepth, resnet } from '../../src/models/resnet.ts';
import { pytorchShape } from '../../src/models/stateDict.ts';

const full = (depth: ResNetDepth) => resnet({ depth, inChannels: 3, classes: 1000 });

describe('the family', () => {
  // Numbers of parameters in the documentation of torchvision.models.
  test.each([
    [18, 11_689_512],
    [34, 21_797_672],
    [50, 25_557_032],
    [101, 44_549_160],
    [152, 60_192_808],
  ] as const)('ResNet-%i has as many parameters as torchvision says', (depth, count) => {
    expect(parameterCount(full(depth))).toBe(count);
  });

  test('has the names and shapes of torchvision', () => {
    const { parameters, state } = full(50);
    const shape = (name: string) => pytorchShape(parameters[name] ?? state[name]);
    expect(Object.keys(parameters).slice(0, 4)).toEqual([
      'conv1.weight',
      'bn1.weight',
      'bn1.bias',
      'layer1.0.conv1.weight',
    ]);
    expect(shape('conv1.weight')).toEqual([64, 3, 7, 7]);
    expect(shape('layer1.0.downsample.0.weight')).toEqual([256, 64, 1, 1]);
    expect(shape('layer1.0.downsample.1.running_var')).toEqual([256]);
    expect(shape('layer4.2.conv3.weight')).toEqual([2048, 512, 1, 1]);
    expect(shape('layer4.2.bn3.running_mean')).toEqual([2048]);
    expect(shape('fc.weight')).toEqual([1000, 2048]);
    expect(shape('fc.bias')).toEqual([1000]);
    // torchvision's resnet50().state_dict() has 320 entries; 53 of them count batches.
    expect(Object.keys(parameters).length + Object.keys(state).length).toBe(320 - 53);
  });
});

describe('shapes on the way', () => {
  const convolutions = (depth: ResNetDepth, stem: 'imagenet' | 'cifar', side: number) => {
    const model = resnet({ depth, width: 8, stem, inChannels: 3, classes: 7 });
    const nodes = (specs: typeof model.parameters) => mapValues(specs, input);
    const x = input(spec([2, 3, side, side]), 'x');
    const { logits, state } = model.forward(nodes(model.parameters), nodes(model.state), x, { training: true });
    return { logits, state, model };
  };

  test.each([
    [18, 'imagenet', 28],
    [34, 'cifar', 32],
    [50, 'imagenet', 32],
    [152, 'cifar', 28],
  ] as const)('ResNet-%i with the %s stem takes images of %i pixels', (depth, stem, side) => {
    const { logits, state, model } = convolutions(depth, stem, side);
    expect(logits.shape).toEqual([2, 7]);
    expect(Object.keys(state)).toEqual(Object.keys(model.state));
  });
});

test.each([
  [
    { depth: 20 as ResNetDepth, inChannels: 1, classes: 10 },
    'no ResNet has depth 20; the family has 18, 34, 50, 101, 152',
  ],
  [
    { depth: 18 as const, width: 0, inChannels: 1, classes: 10 },
    'the width of a ResNet is 0; it must be a whole number from 1',
  ],
  [
    { depth: 18 as const, inChannels: 1, classes: 10, normalisation: { mean: [0.1], standardDeviation: [0] } },
    'normalisation: the standard deviation is [0]; it must be 1 finite numbers, one a channel, above 0',
  ],
])('refuses %o', (options, message) => {
  expect(() => resnet(options)).toThrow(new InputError(message));
});
