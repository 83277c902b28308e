import { expect, test } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { vit } from '../../../../src/models/network/families/vit.ts';
import { parameterCount } from '../../../../src/models/network/model.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { compareWithPyTorch } from '../../../support/familyFixture.ts';

compareWithPyTorch(useDevice(), 'vit');

const ends = { inChannels: 3, classes: 1000 };

test('ViT-B/16 has the 86,567,656 parameters of torchvision’s documentation', () => {
  const model = vit({ width: 768, heads: 12, patch: 16, imageSize: [224, 224], ...ends });
  expect(parameterCount(model)).toBe(86_567_656);
});

test('images that are not whole patches, and heads that do not divide the width, are refused', () => {
  expect(() => vit({ patch: 16, imageSize: [28, 28], ...ends })).toThrow(
    new InputError('ViT: images of 28 x 28 pixels are not made of patches of 16'),
  );
  expect(() => vit({ width: 100, heads: 3, imageSize: [32, 32], ...ends })).toThrow(
    new InputError('ViT: the width 100 is no multiple of the 3 heads'),
  );
});
