import { expect, test } from 'vitest';
import { projectOntoL1Ball } from '../../../../../src/analysis/robustness/attacks/steps/l1Ball.ts';
import { values } from '../../../../support/values.ts';

/** The nearest point of the L1 ball alone (Duchi et al., ICML 2008): magnitudes shrink by what the sorted ones' running sums tell. */
function ontoBall(change: Float64Array, eps: number): Float64Array {
  const sorted = change.map(Math.abs).sort().reverse();
  let [sum, theta] = [0, 0];
  sorted.forEach((magnitude, i) => {
    sum += magnitude;
    if (magnitude * (i + 1) > sum - eps) theta = (sum - eps) / (i + 1);
  });
  return change.map((value) => Math.sign(value) * Math.max(0, Math.abs(value) - Math.max(0, theta)));
}

/** Dykstra's alternating projections: converge to the nearest point of the ball and the box at once, knowing only each alone. */
function byTurns(z: Float64Array, centre: Float64Array, eps: number): Float64Array {
  let x = z.slice();
  let [ofBall, ofBox] = [new Float64Array(z.length), new Float64Array(z.length)];
  for (let turn = 0; turn < 20_000; turn++) {
    const before = x.map((value, p) => value + ofBall[p]);
    const inBall = ontoBall(
      before.map((value, p) => value - centre[p]),
      eps,
    ).map((change, p) => centre[p] + change);
    ofBall = before.map((value, p) => value - inBall[p]);
    const next = inBall.map((value, p) => value + ofBox[p]);
    x = next.map((value) => Math.min(1, Math.max(0, value)));
    ofBox = next.map((value, p) => value - x[p]);
  }
  return x;
}

test.each([0.3, 1, 2.5, 50])('the projection with eps %d is where Dykstra’s alternating projections end', (eps) => {
  const centre = Float64Array.from(values(12, 1), (value) => Math.min(1, Math.max(0, 0.5 + value / 2)));
  const z = Float64Array.from(values(12, 2), (value, p) => centre[p] + value);
  const expected = byTurns(z, centre, eps);
  projectOntoL1Ball(z, centre, eps);
  // Dykstra's method converges linearly here; 20 000 turns leave rounding.
  z.forEach((value, p) => {
    expect(value).toBeCloseTo(expected[p], 9);
  });
});

test('by hand: a change of 0.9 that has room for 0.4, and one of 0.5, with eps 0.6', () => {
  // Shrunk by 0.3 they are 0.6, cut to 0.4, and 0.2: 0.6 in all.
  const z = Float64Array.of(0.6 + 0.9, 0.5 - 0.5, 0.2);
  projectOntoL1Ball(z, [0.6, 0.5, 0.2], 0.6);
  expect(Array.from(z)).toEqual([expect.closeTo(1, 12), expect.closeTo(0.3, 12), 0.2]);
});
