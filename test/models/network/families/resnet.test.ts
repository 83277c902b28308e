import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import { type ResNetDepth, resnet } from '../../../../src/models/network/families/resnet.ts';
import { mapValues, parameterCount } from '../../../../src/models/network/model.ts';
import { pytorchShape } from '../../../../src/models/network/stateDict.ts';

const full = (depth: ResNetDepth) => resnet({ depth, inChannels: 3, classes: 1000 });

/** What torchvision says; see the README there. */
const torchvision: Record<ResNetDepth, { readonly parameters: number; readonly tensors: readonly string[] }> =
  JSON.parse(readFileSync('test/fixtures/torchvision/shapes.json', 'utf8'));

describe('the family', () => {
  // The numbers in torchvision's documentation, beside those that its models have.
  test.each([
    [18, 11_689_512],
    [34, 21_797_672],
    [50, 25_557_032],
    [101, 44_549_160],
    [152, 60_192_808],
  ] as const)('ResNet-%i has the parameters of torchvision, every name and every shape', (depth, count) => {
    const { parameters, state } = full(depth);
    expect(parameterCount(full(depth))).toBe(count);
    expect(torchvision[depth].parameters).toBe(count);
    const described = Object.entries({ ...parameters, ...state }).map(([name, spec]) =>
      [name, ...pytorchShape(spec)].join(' '),
    );
    expect(described.sort()).toEqual([...torchvision[depth].tensors].sort());
    // The order of parameters is PyTorch's as well: optimisers' states go by it.
    const trained = (name: string) => !/running_(mean|var)$/.test(name.split(' ')[0]);
    expect(Object.keys(parameters)).toEqual(
      torchvision[depth].tensors.filter(trained).map((line) => line.split(' ')[0]),
    );
  });
});

describe('shapes on the way', () => {
  const convolutions = (depth: ResNetDepth, stem: 'imagenet' | 'cifar', side: number) => {
    const model = resnet({ depth, width: 8, stem, inChannels: 3, classes: 7 });
    const nodes = (specs: typeof model.parameters) => mapValues(specs, input);
    const x = input(spec([2, 3, side, side]), 'x');
    const { logits, observed } = model.forward(nodes(model.parameters), nodes(model.state), x, { training: true });
    return { logits, observed, model };
  };

  test.each([
    [18, 'imagenet', 28],
    [34, 'cifar', 32],
    [50, 'imagenet', 32],
    [152, 'cifar', 28],
  ] as const)('ResNet-%i with the %s stem takes images of %i pixels', (depth, stem, side) => {
    const { logits, observed, model } = convolutions(depth, stem, side);
    expect(logits.shape).toEqual([2, 7]);
    expect(Object.keys(observed)).toEqual(Object.keys(model.state));
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
