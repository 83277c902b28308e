import { expect, test } from 'vitest';
import { describeData } from '../../../../src/analysis/report/lines/describeData.ts';

test.each([
  [{ name: 'mnist', train: null, test: 500 }, 'mnist: all training and 500 test images'],
  [
    { name: 'cifar10', split: 'shuffled', train: 48_000, test: 12_000 },
    'cifar10, training and test images shuffled by the seed: 48,000 training and 12,000 test images',
  ],
  [
    { name: 'folder', path: 'my images', split: 'shuffled', train: null, test: null },
    'folder my images, training and test images shuffled by the seed: 80 % for training and the rest as test images',
  ],
  [
    { name: 'folder', path: 'photos', resize: 256, crop: 224, train: null, test: 9 },
    'folder photos, resized to 256 and cropped to 224 pixels: all training and 9 test images',
  ],
] as const)('%o', (data, text) => {
  expect(describeData(data)).toBe(text);
});

test('generated images are called so', () => {
  expect(describeData({ name: 'cifar100', generated: true, train: 10, test: 5 })).toMatch(
    /^cifar100 \(generated images, not those of the data set\): 10 training/,
  );
});
