import { expect, test } from 'vitest';
import { distances } from '../../../../../src/analysis/robustness/attacks/run/distances.ts';

test('L0 counts places, the others all channels', () => {
  // Two channels of 1×3 pixels; all differences are exact in f32.
  const a = Float32Array.of(0, 0.5, 1, 0, 0.5, 1);
  const b = Float32Array.of(0.75, 0.5, 1, 0, 0.5, 0);
  expect(distances(a, b, [2, 1, 3])).toEqual({ l0: 2, l1: 1.75, l2: 1.25, linf: 1 });
  expect(distances(a, b.with(0, 0), [2, 1, 3]).l0).toBe(1);
  const both = Float32Array.of(0.25, 0.5, 1, 0.25, 0.5, 1);
  expect(distances(a, both, [2, 1, 3]).l0).toBe(1);
  expect(distances(a, a, [2, 1, 3])).toEqual({ l0: 0, l1: 0, l2: 0, linf: 0 });
});
