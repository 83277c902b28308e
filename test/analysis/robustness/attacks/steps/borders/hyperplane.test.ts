import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lengthOf } from '../../../../../../src/analysis/robustness/attacks/run/rows.ts';
import { wayToHyperplane } from '../../../../../../src/analysis/robustness/attacks/steps/borders/hyperplane.ts';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);

const problem = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.record({
    point: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: size, maxLength: size }),
    normal: fc.array(fc.integer({ min: -4, max: 4 }), { minLength: size, maxLength: size }),
    target: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: size, maxLength: size }),
  }),
);

test.each(['inf', '2', '1'] as const)(
  'L%s: the way ends in the box on the plane, and no other point of both is nearer',
  (norm) => {
    fc.assert(
      fc.property(problem, ({ point, normal, target }) => {
        // The plane goes through `target`, so the box reaches it, and `target` is a point to compare with.
        const excess = dot(normal, point) - dot(normal, target);
        const way = wayToHyperplane(point, { normal, excess }, norm);
        const end = point.map((value, i) => value + way[i]);
        // Eight additions in float64 of numbers up to 4.
        expect(Math.abs(dot(normal, end) - dot(normal, target))).toBeLessThan(1e-12);
        for (const value of end) expect(value >= -1e-15 && value <= 1 + 1e-15).toBe(true);
        expect(lengthOf(way, norm)).toBeLessThanOrEqual(lengthOf(target, norm, point) + 1e-12);
      }),
    );
  },
);

test('where the box does not reach the plane, the way ends at its nearest corner', () => {
  expect(Array.from(wayToHyperplane([0.5, 0.25], { normal: [1, -1], excess: 9 }, 'inf'))).toEqual([-0.5, 0.75]);
});
