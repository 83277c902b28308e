import { describe, expect, test } from 'vitest';
import {
  type BorderStep,
  stepAlongBorder,
} from '../../../../../../src/analysis/robustness/attacks/steps/borders/trustRegion.ts';
import { drawUniform } from '../../../../../../src/base/philox.ts';

const lengths = {
  '0': (z: readonly number[]) => z.filter((each) => Math.abs(each) > 1e-12).length,
  '1': (z: readonly number[]) => z.reduce((sum, each) => sum + Math.abs(each), 0),
  '2': (z: readonly number[]) => Math.hypot(...z),
  inf: (z: readonly number[]) => Math.max(...z.map(Math.abs)),
} as const;
type Norm = keyof typeof lengths;

const along = ({ normal, x }: BorderStep, z: ArrayLike<number>) =>
  Array.from(z, (value, i) => normal[i] * (value - x[i])).reduce((a, b) => a + b);
const from = (z: ArrayLike<number>, origin: ArrayLike<number>) => Array.from(z, (value, i) => value - origin[i]);

/** Steps of images of three pixels, for each draw another. */
function draw(i: number, radius: number): BorderStep {
  const u = Array.from(drawUniform({ seed: 1, stream: i, substream: 0 }, 10));
  const normal = u.slice(6, 9).map((each) => 4 * each - 2);
  return { original: u.slice(0, 3), x: u.slice(3, 6), normal, target: 0.6 * u[9] - 0.3, radius, channels: 1 };
}

/** The least distance of points every 1/100 of the first two pixels whose third lies on the hyperplane, in the trust region and [0, 1]. */
function nearestOnGrid(step: BorderStep, norm: Norm): number {
  const { original, x, normal, target, radius } = step;
  const levels = [0, 1].map((p) => [...Array.from({ length: 101 }, (_, k) => k / 100), original[p]]);
  let nearest = Number.POSITIVE_INFINITY;
  const look = (z: readonly number[]) => {
    const isAllowed = z.every((each) => each >= 0 && each <= 1) && lengths['2'](from(z, x)) <= radius;
    if (isAllowed) nearest = Math.min(nearest, lengths[norm](from(z, original)));
  };
  for (const a of levels[0])
    for (const b of levels[1])
      look([a, b, x[2] + (target - normal[0] * (a - x[0]) - normal[1] * (b - x[1])) / normal[2]]);
  return nearest;
}

describe.each(['2', '1', 'inf', '0'] as const)('L%s', (norm) => {
  test.each([0.1, 0.4, 10])('no point of a grid is nearer within a radius of %f', (radius) => {
    let compared = 0;
    let farther = 0;
    for (let i = 0; i < 25; i++) {
      const step = draw(i, radius);
      const z = stepAlongBorder(step, norm);
      const nearest = nearestOnGrid(step, norm);
      for (const each of z) expect(each).toBe(Math.min(1, Math.max(0, each)));
      expect(lengths['2'](from(z, step.x))).toBeLessThanOrEqual(radius * 1.001);
      if (!Number.isFinite(nearest)) continue;
      compared++;
      // In L0 the hyperplane may be jumped over, never missed.
      const missing = (along(step, z) - step.target) * Math.sign(step.target);
      expect(missing).toBeGreaterThan(-1e-3 * Math.abs(step.target) - 1e-9);
      if (norm !== '0') expect(missing).toBeLessThan(1e-3 * Math.abs(step.target) + 1e-9);
      // Pulls are halved twelve times, and the target is met to a thousandth.
      if (lengths[norm](from(z, step.original)) > nearest + 2e-3) farther++;
    }
    // L0 is not convex: the Lagrangian may miss a place that could stay.
    expect(farther).toBeLessThanOrEqual(norm === '0' ? 1 : 0);
    expect(compared).toBeGreaterThan(6);
  });
});

test('where the hyperplane is out of reach it goes as far as the radius allows', () => {
  const step = { original: [0.5, 0.5], x: [0.5, 0.5], normal: [3, 4], target: 10, radius: 0.1, channels: 1 };
  const [a, b] = stepAlongBorder(step, '2');
  // To a thousandth of the radius, along the normal.
  expect(Math.hypot(a - 0.5, b - 0.5)).toBeCloseTo(0.1, 3);
  expect((b - 0.5) / (a - 0.5)).toBeCloseTo(4 / 3, 6);
});

test('channels of a place change together in L0', () => {
  // Two places of two channels: the first place crosses alone.
  const step = {
    ...{ original: [0.5, 0.5, 0.5, 0.5], x: [0.7, 0.6, 0.7, 0.6], normal: [3, 1, 2, 1] },
    ...{ target: 0.1, radius: 10, channels: 2 },
  };
  const z = stepAlongBorder(step, '0');
  expect([z[1], z[3]]).toEqual([0.5, 0.5]);
  expect(z[0]).not.toBe(0.5);
  expect(z[2]).not.toBe(0.5);
});
