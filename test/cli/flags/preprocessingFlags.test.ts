import { Command } from 'commander';
import { expect, test } from 'vitest';
import {
  normalisationWarnings,
  preprocessingOf,
  withPreprocessingFlags,
} from '../../../src/cli/flags/preprocessingFlags.ts';
import type { Normalisation } from '../../../src/models/index.ts';

const read = (...words: string[]) => {
  const command = withPreprocessingFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  return preprocessingOf(command.parse(words, { from: 'user' }).opts());
};

test('--mean and --std are what torchvision’s Normalize(mean, std) takes', () => {
  expect(read()).toEqual({});
  expect(read('--mean', '0.485,0.456,0.406', '--std', '0.229,0.224,0.225')).toEqual({
    normalise: { mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225] },
  });
  expect(read('--mean', '0', '--std', '1/255')).toEqual({
    normalise: { mean: [0], standardDeviation: [1 / 255] },
  });
});

test('range, order and layout are what an ONNX network takes', () => {
  expect(read('--range', '0..255', '--order', 'bgr', '--layout', 'nhwc')).toEqual({
    range: '0..255',
    channels: 'bgr',
    layout: 'nhwc',
  });
});

test.each([
  [['--mean', '0.5'], '--mean and --std go together, a number for each channel; --mean has 1, --std 0'],
  [
    ['--mean', '0.5', '--std', '0.5,0.5,0.5'],
    '--mean and --std go together, a number for each channel; --mean has 1, --std 3',
  ],
  [['--mean', '0.5', '--std', '0'], 'Each number must be above 0.'],
  [['--mean', 'grey', '--std', '1'], 'It must be a number or a fraction such as 8/255.'],
])('%j is refused', (words, message) => {
  expect(() => read(...words)).toThrow(message);
});

test('a file without normalisation is warned of', () => {
  const warnings = (normalisation: Normalisation | null, tellsReading: boolean) =>
    normalisationWarnings('m', { normalisation, tellsReading });
  expect(warnings(null, true)).toEqual([]);
  expect(warnings({ mean: [0], standardDeviation: [1] }, false)).toEqual([]);
  expect(warnings(null, false)[0]).toMatch(/^m tells no normalisation, .* give --mean and --std$/);
});
