import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/models/checkpoint/safetensors.ts';
import { buildNetwork } from '../../../src/models/network/catalogue.ts';
import { type ResNetOptions, resnet } from '../../../src/models/network/families/resnet.ts';
import { fromCheckpoint, leftOutNotes, toCheckpoint } from '../../../src/models/network/savedModel.ts';
import { initialWeights } from '../../../src/models/network/weights.ts';

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
  expect(read.options).toEqual({ family: 'resnet', ...options });
  expect(read.weights).toEqual(weights);
  expect(read.model.name).toBe('resnet34');
});

test('what was read is written again to the same bytes, as a training that goes on writes it', () => {
  const written = toCheckpoint(options, weights);
  const read = fromCheckpoint(written, 'a.safetensors');
  expect(encodeSafetensors(toCheckpoint(read.options, read.weights))).toEqual(encodeSafetensors(written));
});

test.each([
  [
    { 'outlast.resnet': '{"depth": 19, "width": 2, "inChannels": 1, "classes": 3}' },
    /^m: the metadata entry outlast.resnet, depth: /,
  ],
  [
    { 'outlast.resnet': '{"depth": 34, "width": 4, "stem": "cifar", "inChannels": 1, "classes": 3}' },
    /^m: not a checkpoint of this resnet34, 181 tensors wrong: conv1.weight is F32 \[2, 1, 3, 3\], should be F32 \[4, 1, 3, 3\]; bn1.weight/,
  ],
  [{ 'outlast.resnet': 'null' }, /^m: the metadata entry outlast.resnet: /],
  [
    { 'outlast.resnet': '{"depth": 34, "width": 2, "stem": "other", "inChannels": 1, "classes": 3}' },
    /^m: the metadata entry outlast.resnet, stem: /,
  ],
])('refuses the metadata %o', (metadata, message) => {
  const { tensors } = toCheckpoint(options, weights);
  const read = () => fromCheckpoint({ tensors, metadata }, 'm');
  expect(read).toThrow(InputError);
  expect(read).toThrow(message);
});

describe('tensors that the network does not have', () => {
  const network = { family: 'wide-resnet', depth: 10, widen: 1, inChannels: 3, classes: 4 } as const;
  const { tensors } = toCheckpoint(network, initialWeights(buildNetwork(network), 3));
  const withMore = (names: readonly string[]) => {
    const [[, any]] = tensors;
    return { tensors: new Map([...tensors, ...names.map((name) => [name, any] as const)]), metadata: {} };
  };

  test('are left out where they are modules of their own: the unused sub_block1 of TRADES, further heads, counters', () => {
    const block = [...tensors.keys()].filter((name) => name.startsWith('block1.')).map((name) => `sub_${name}`);
    const checkpoint = withMore([...block, 'rotation_head.weight', 'bn1.num_batches_tracked']);
    const read = fromCheckpoint(checkpoint, 'm');
    expect(read.options).toEqual(network);
    expect(read.leftOut).toEqual([...block, 'rotation_head.weight']);
    expect(leftOutNotes('m', read)).toEqual([
      `m has tensors that no WRN-10-1 has, and they are left out: ${block.slice(0, 3).join(', ')} and ${block.length - 2} more; if the network computes with them, it is another`,
    ]);
    expect(leftOutNotes('m', fromCheckpoint({ tensors, metadata: {} }, 'm'))).toEqual([]);
  });

  test.each(['block1.layer.1.se.weight', 'fc.scale'])(
    'are refused within a module that the network has: %s',
    (name) => {
      expect(() => fromCheckpoint(withMore([name]), 'm')).toThrow(`"${name}" is none of its tensors`);
    },
  );
});

describe('a state dict without metadata', () => {
  const tensorsOf = (options: ResNetOptions) => toCheckpoint(options, initialWeights(resnet(options), 3)).tensors;

  test.each([18, 34, 50, 101, 152] as const)('is recognised by its tensors: ResNet-%i', (depth) => {
    const options = { depth, width: 1, stem: 'imagenet', inChannels: 3, classes: 4 } as const;
    const read = fromCheckpoint({ tensors: tensorsOf(options), metadata: { format: 'pt' } }, 'm');
    expect(read.options).toEqual({ family: 'resnet', ...options });
  });

  test('of another stem, width, number of channels and classes', () => {
    const options = { depth: 18, width: 3, stem: 'cifar', inChannels: 1, classes: 7 } as const;
    expect(fromCheckpoint({ tensors: tensorsOf(options), metadata: {} }, 'm').options).toEqual({
      family: 'resnet',
      ...options,
    });
  });

  test.each(['module.', '_orig_mod.', 'module.model.'])('may have all its names begin with %s', (prefix) => {
    const options = { depth: 18, width: 3, stem: 'cifar', inChannels: 1, classes: 7 } as const;
    const plain = fromCheckpoint({ tensors: tensorsOf(options), metadata: {} }, 'm');
    const tensors = new Map([...tensorsOf(options)].map(([name, tensor]) => [`${prefix}${name}`, tensor]));
    expect(fromCheckpoint({ tensors, metadata: {} }, 'm')).toMatchObject({ options, weights: plain.weights });
  });

  test('is given what its images were normalised by, once', () => {
    const normalisation = { mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3] };
    const plain = { depth: 18, width: 1, stem: 'imagenet', inChannels: 3, classes: 4 } as const;
    const read = fromCheckpoint({ tensors: tensorsOf(plain), metadata: {} }, 'm', normalisation);
    expect(read.options).toEqual({ family: 'resnet', ...plain, normalisation });
    // From here on it is in the metadata.
    const again = toCheckpoint(read.options, read.weights);
    expect(fromCheckpoint(again, 'm').options).toEqual(read.options);
    expect(() => fromCheckpoint(again, 'm', normalisation)).toThrow(
      new InputError(
        'm: normalises images itself, by the mean [0.4, 0.5, 0.6] and the standard deviation [0.2, 0.25, 0.3]; leave out --mean and --std',
      ),
    );
    expect(() =>
      fromCheckpoint({ tensors: tensorsOf(plain), metadata: {} }, 'm', { mean: [0.5], standardDeviation: [0.5] }),
    ).toThrow(new InputError('normalisation: the mean is [0.5]; it must be 3 finite numbers, one a channel'));
  });

  test('that lacks tensors is compared with the nearest of the family', () => {
    const tensors = new Map(tensorsOf({ depth: 50, width: 1, inChannels: 3, classes: 4 }));
    tensors.delete('layer4.2.bn3.weight');
    tensors.delete('bn1.running_var');
    expect(() => fromCheckpoint({ tensors, metadata: {} }, 'm')).toThrow(
      new InputError(
        'm: not a checkpoint of this resnet50, 2 tensors wrong: layer4.2.bn3.weight is missing, should be F32 [32]; bn1.running_var is missing, should be F32 [1]',
      ),
    );
  });

  test.each([
    ['no tensors', new Map()],
    [
      'a first layer of zero channels',
      new Map(tensorsOf(options)).set('conv1.weight', { dtype: 'F32', shape: [0, 3, 7, 7], data: new Float32Array(0) }),
    ],
    [
      'a scalar as last layer',
      new Map(tensorsOf(options)).set('fc.weight', { dtype: 'F32', shape: [], data: new Float32Array(1) }),
    ],
  ])('is refused with %s', (_, tensors) => {
    expect(() => fromCheckpoint({ tensors, metadata: {} }, 'm')).toThrow(/^m: no ResNet: it must have conv1\.weight/);
  });
});

test('refuses weights that are not finite', () => {
  const { tensors, metadata } = toCheckpoint(options, weights);
  const broken = new Map(tensors).set('fc.bias', { dtype: 'F32', shape: [3], data: Float32Array.of(0, Number.NaN, 0) });
  expect(() => fromCheckpoint({ tensors: broken, metadata }, 'm')).toThrow(
    /^m: not the weights of a working resnet34, 1 tensor wrong: fc\.bias holds NaN/,
  );
});

test('refuses metadata that is no JSON', () => {
  const { tensors } = toCheckpoint(options, weights);
  expect(() => fromCheckpoint({ tensors, metadata: { 'outlast.resnet': '{' } }, 'm')).toThrow(
    /^m: the metadata entry outlast.resnet is not JSON: /,
  );
});
