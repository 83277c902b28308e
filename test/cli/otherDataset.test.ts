import { expect, test } from 'vitest';
import { otherDataset } from '../../src/cli/flags/dataFlags.ts';

test('files of another data set than was asked for are named', () => {
  const split = (count: number) => ({ images: new Uint8Array(count), labels: new Uint8Array(count), count });
  const dataset = { classes: 26, channels: 1, height: 1, width: 1, train: split(3), test: split(2) };
  expect(otherDataset({ name: 'mnist' }, { ...dataset, name: 'mnist' })).toBeNull();
  expect(otherDataset({ name: 'mnist' }, { ...dataset, name: 'emnist-letters' })).toBe(
    'the files in place of mnist are emnist-letters: 26 classes, 3 training and 2 test images',
  );
});
