import { expect, it } from 'vitest';
import { costsBesideF32 } from '../../bench/training.ts';

it('tells what a precision costs as a multiple of the time in f32 in the same round', () => {
  // The second round was twice as slow for all, the third for f8 alone.
  const timings = [
    { first: 1, milliseconds: [5, 10, 12] },
    { first: 1, milliseconds: [4, 8, 4] },
    { first: 1, milliseconds: [80, 160, 90] },
  ];
  expect(costsBesideF32(['W4m f8', 'W4m f32', 'W4m f64'], timings)).toEqual([
    'W4m f8: 1.25 x the time of f32 (1.25 to 3.00)',
    'W4m f32: 1.00 x the time of f32 (1.00 to 1.00)',
    'W4m f64: 20.00 x the time of f32 (20.00 to 22.50)',
  ]);
  expect(costsBesideF32(['W4m f8'], timings.slice(0, 1))).toEqual([]);
});
