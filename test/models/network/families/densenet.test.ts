import { expect, test } from 'vitest';
import { densenet } from '../../../../src/models/network/families/densenet.ts';
import { parameterCount } from '../../../../src/models/network/model.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { compareWithPyTorch } from '../../../support/familyFixture.ts';

compareWithPyTorch(useDevice(), 'densenet');

/** The numbers in torchvision's documentation, and the 0.8 million of Huang et al., table 2, for CIFAR (L = 100, k = 12, BC). */
test('numbers of parameters are those that were published', () => {
  const usual = { inChannels: 3, classes: 1000 };
  expect(parameterCount(densenet({ depth: 121, ...usual }))).toBe(7_978_856);
  expect(parameterCount(densenet({ depth: 161, growth: 48, ...usual }))).toBe(28_681_000);
  const small = densenet({ depth: 100, growth: 12, stem: 'cifar', inChannels: 3, classes: 10 });
  expect(parameterCount(small) / 1e6).toBeCloseTo(0.8, 1);
});
