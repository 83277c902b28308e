import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import {
  buildNetwork,
  describeNetwork,
  FAMILY_NAMES,
  familyOf,
  labelNetwork,
  NETWORK_NAMES,
  NETWORKS,
  type NetworkOptions,
  networkFor,
} from '../../../src/models/network/catalogue.ts';
import { resnet } from '../../../src/models/network/families/resnet.ts';
import type { NetworkDefinition } from '../../../src/models/network/network.ts';
import { networkSchema } from '../../../src/models/network/schema.ts';

describe.each(NETWORKS as readonly NetworkDefinition[])('the family $name', (family) => {
  const { name, members, recognise } = family;

  test('is found by its name, and its members by theirs', () => {
    expect(familyOf(name).name).toBe(name);
    for (const [member, settings] of Object.entries(members)) {
      expect(member).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(NETWORK_NAMES.get(member)).toEqual({ family, settings });
    }
  });

  test('has members that can be built, and told apart in a word and in a few', () => {
    const ends = { channels: 3, height: 32, width: 32, classes: 10 };
    const specs = Object.values(members).map((settings) => networkSchema.parse({ family: name, ...settings }));
    for (const spec of specs) expect(Object.keys(buildNetwork(networkFor(spec, ends)).parameters)).not.toEqual([]);
    expect(new Set(specs.map((spec) => labelNetwork(spec))).size).toBe(specs.length);
    expect(new Set(specs.map((spec) => describeNetwork(spec))).size).toBe(specs.length);
  });

  test('knows no state dict without tensors', () => {
    expect(recognise(new Map())).toBeNull();
  });
});

test('no two families share the name of a member', () => {
  const names = (NETWORKS as readonly NetworkDefinition[]).flatMap(({ members }) => Object.keys(members));
  expect(new Set(names).size).toBe(names.length);
});

test('what is left out is torchvision’s ResNet', () => {
  const ends = { inChannels: 3, classes: 10 };
  const tensorsOf = ({ parameters }: ReturnType<typeof resnet>) =>
    Object.entries(parameters).map(([tensor, { shape }]) => `${tensor} ${shape}`);
  const whole = resnet({ depth: 34, width: 64, stem: 'imagenet', ...ends });
  expect(tensorsOf(buildNetwork({ depth: 34, ...ends }))).toEqual(tensorsOf(whole));
  expect(describeNetwork({ depth: 34 })).toBe('ResNet-34 of width 64, imagenet stem');
});

test('a name that no family has is refused', () => {
  expect(() => familyOf('resnest')).toThrow(
    new InputError(
      `family: "resnest" is not known here; did you mean "resnet"? Known: ${NETWORKS.map(({ name }) => name).join(', ')}`,
    ),
  );
  expect(FAMILY_NAMES).toEqual(NETWORKS.map(({ name }) => name));
});

test('tensors that depend on the size of images need it', () => {
  const options: NetworkOptions = { family: 'mlp', inChannels: 1, classes: 10 };
  expect(() => buildNetwork(options)).toThrow(
    new InputError('MLP: its tensors depend on the size of the images, which is missing'),
  );
  const images = { channels: 1, height: 28, width: 20, classes: 10 };
  const { imageSize } = networkFor(networkSchema.parse({ family: 'mlp' }), images);
  expect(imageSize).toEqual([28, 20]);
  // Checkpoints of others say nothing of it.
  expect(networkFor(networkSchema.parse({ depth: 18 }), images)).not.toHaveProperty('imageSize');
});

test('a description without what has a default is complete when it is read; one that is wrong is refused', () => {
  expect(networkSchema.parse({ depth: 50 })).toEqual({
    ...{ family: 'resnet', depth: 50, width: 64, stem: 'imagenet', precision: 'f32' },
  });
  expect(networkSchema.parse({ family: 'wide-resnet', depth: 28, widen: 4 })).toEqual({
    ...{ family: 'wide-resnet', depth: 28, widen: 4, precision: 'f32' },
  });
  const wrong = [
    ...[{}, { depth: 20 }, { depth: 18, width: 0 }, { depth: 18, heads: 3 }],
    ...[
      { family: 'resnest', depth: 18 },
      { family: 'wide-resnet', depth: 18 },
      { family: 'vgg', depth: 16, widen: 2 },
    ],
  ];
  for (const each of wrong) expect(networkSchema.safeParse(each).success).toBe(false);
});
