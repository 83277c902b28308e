import { describe, expect, it } from 'vitest';
import { input, literal, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { multiply } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { standardise } from '../../../../src/engine/ops/normalise/standardise.ts';
import { sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { standardise as reference } from '../../../reference/standardise.ts';
import { checkDerivative, checkForward, operand, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

/** As the device chooses, on processors a subgroup of eight lanes for each row, and a workgroup of 64 invocations. */
const variants = [{}, { subgroupsOf8: false }];
const EPSILON = 2 ** -10;

describe.each([
  [1, 1],
  [3, 7],
  [5, 64],
  [9, 65],
  [2, 1000],
])('%i rows of %i', (rows, length) => {
  it.each(variants)('have mean 0 and variance 1: %j', async (capabilities) => {
    const x = operand([rows, length], 1);
    const expected = reference(x.data, length, EPSILON);
    // The mean of up to 1000 numbers below 1 is off by some 2^-24, and deviations are above 0.03.
    const tolerance = { absolute: 1e-5, why: 'sums of up to 1000 numbers in f32' };
    await checkForward(device(), ([a]) => standardise(a, EPSILON), [x], expected, tolerance, capabilities);
  });

  it.each(variants)('have their gradient: %j', async (capabilities) => {
    await checkDerivative(
      device(),
      ([a]) => standardise(a, EPSILON),
      [operand([rows, length], 1)],
      ([a]) => reference(a, length, EPSILON),
      { relative: 1e-5, absolute: 2e-5, why: 'sums of up to 1000 numbers in f32, over deviations above 0.03' },
      { samples: 8, capabilities },
    );
  });
});

it.each(['f32x2', 'f64'] as const)('%s, with its gradient and the gradient of that', async (dtype) => {
  const x = operand([3, 6], 1, dtype);
  const weights = operand([3, 6], 2, dtype);
  const meaning = ([a]: ArrayLike<number>[]) => reference(a, 6, EPSILON);
  const build = ([a]: Node[]) => standardise(a, EPSILON);
  const rounding = dtype === 'f64' ? 1e-14 : 1e-11;
  await checkForward(device(), build, [x], meaning([x.data]), { absolute: rounding, why: 'a few roundings' });
  const tolerance = { relative: 1e-8, absolute: 1e-8, why: 'central differences with a step of 1e-5' };
  await checkDerivative(device(), build, [x], meaning, tolerance, { samples: 6 });
  // The slope of Σ w · y by x, in float64, by the formula of the gradient.
  const slope = ([a, w]: ArrayLike<number>[]) => {
    const y = reference(a, 6, EPSILON);
    return Array.from(y, (value, i) => {
      const row = Math.floor(i / 6);
      const of = (values: ArrayLike<number>) => Array.from({ length: 6 }, (_, k) => values[row * 6 + k]);
      const mean = (values: readonly number[]) => values.reduce((p, q) => p + q) / 6;
      const [numbers, weight, normal] = [of(a), of(w), of(y)];
      const centre = mean(numbers);
      const deviation = Math.sqrt(mean(numbers.map((each) => (each - centre) ** 2)) + EPSILON);
      const along = mean(weight.map((each, k) => each * normal[k]));
      return (w[i] - mean(weight) - value * along) / deviation;
    });
  };
  const gradient = ([a, w]: Node[]) => gradients(sum(multiply(standardise(a, EPSILON), w)), [a])[0];
  await checkForward(device(), gradient, [x, weights], slope([x.data, weights.data]), {
    absolute: 10 * rounding,
    why: 'a dozen roundings',
  });
  await checkDerivative(device(), gradient, [x, weights], slope, tolerance, { samples: 6 });
});

it('refuses what has no rows of floats', () => {
  expect(() => standardise(input(spec([3], 'i32'), 'x'), 1)).toThrow('standardise takes rows of floats, not i32[3]');
  expect(() => standardise(literal(Float32Array.of(1), []), 1)).toThrow('standardise takes rows of floats, not f32[]');
});
