import { expect, it } from 'vitest';
import { costsBesideF32 } from '../../bench/training.ts';

const row = (workload: string, median: number, max: number) => ({
  workload,
  system: 'outlast',
  metric: 'images/s' as const,
  median,
  min: median,
  max,
  runs: 3,
  roofline: null,
});

it('tells what a precision costs as a multiple of the time in f32', () => {
  const rows = [row('W4m f8', 200, 240), row('W4m f32', 250, 260), row('W4m f64', 10, 13)];
  expect(costsBesideF32([...rows, { ...rows[0], metric: 'ms' }])).toEqual([
    'W4m f8: 1.25 x the time of f32 (1.08 x in the fastest rounds of both)',
    'W4m f32: 1.00 x the time of f32 (1.00 x in the fastest rounds of both)',
    'W4m f64: 25.00 x the time of f32 (20.00 x in the fastest rounds of both)',
  ]);
  expect(costsBesideF32([rows[0]])).toEqual([]);
});
