import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import {
  buildNetwork,
  describeNetwork,
  familyOf,
  NETWORK_NAMES,
  NETWORKS,
} from '../../../src/models/network/catalogue.ts';
import { resnet } from '../../../src/models/network/resnet.ts';
import { networkSchema } from '../../../src/models/network/schema.ts';
import { toStateDict } from '../../../src/models/network/stateDict.ts';
import { initialWeights } from '../../../src/models/network/weights.ts';

describe.each(NETWORKS)('the family $name', ({ name, members, parameters, recognise }) => {
  test('is found by its name, and its members by theirs', () => {
    expect(familyOf(name).name).toBe(name);
    for (const member of Object.keys(members)) expect(NETWORK_NAMES.has(member)).toBe(true);
  });

  test('knows the state dict of a member', () => {
    const options = { depth: 18, width: 2, stem: 'cifar', inChannels: 1, classes: 3 } as const;
    const model = buildNetwork({ family: name, ...options });
    expect(recognise(toStateDict(model, initialWeights(model, 0)))).toEqual(options);
    expect(recognise(new Map())).toBeNull();
    expect(Object.keys(parameters)).toEqual(['depth', 'width', 'stem']);
  });
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
    new InputError('family: "resnest" is not known here; did you mean "resnet"? Known: resnet'),
  );
});

test('a description without what has a default is complete when it is read; one that is wrong is refused', () => {
  expect(networkSchema.parse({ depth: 50 })).toEqual({ depth: 50, width: 64, stem: 'imagenet', precision: 'f32' });
  for (const wrong of [{}, { depth: 20 }, { depth: 18, width: 0 }, { depth: 18, heads: 3 }])
    expect(networkSchema.safeParse(wrong).success).toBe(false);
});
