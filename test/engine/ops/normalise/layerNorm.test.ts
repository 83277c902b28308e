import { describe, expect, it } from 'vitest';
import { input, literal, spec } from '../../../../src/engine/graph/graph.ts';
import { groupNorm, instanceNorm } from '../../../../src/engine/ops/normalise/groupNorm.ts';
import { layerNorm } from '../../../../src/engine/ops/normalise/layerNorm.ts';
import { evaluate } from '../../../../src/engine/run/compile.ts';
import { expectClose, useDevice } from '../../../support/checkOp.ts';
import { againstPyTorch } from '../../../support/transformer.ts';

const device = useDevice();

/** Sums of up to 20 numbers below 4, divided by deviations above 0.2: a few roundings of each. */
const tolerances = {
  f64: { absolute: 1e-14, why: 'a few roundings of numbers below 20' },
  f32x2: { absolute: 1e-11, why: 'a few roundings of numbers below 20' },
  f32: { absolute: 1e-5, why: 'a few roundings of numbers below 20' },
} as const;

describe.each(Object.keys(tolerances) as (keyof typeof tolerances)[])(
  'values and gradients of PyTorch 2.15.0: %s',
  (dtype) => {
    it.each([
      ['layerNorm', ({ x, weight, bias }) => layerNorm(x, { weight, bias })],
      ['layerNorm of two axes', ({ x, weight, bias }) => layerNorm(x, { axes: [1, 2], weight, bias, epsilon: 1e-6 })],
      ['groupNorm', ({ x, weight, bias }) => groupNorm(x, { groups: 2, weight, bias })],
      ['instanceNorm', ({ x, weight, bias }) => instanceNorm(x, { weight, bias })],
    ] as const satisfies readonly (readonly [string, Parameters<typeof againstPyTorch>[2]])[])(
      '%s',
      async (name, build) => {
        const { nodes, expected } = againstPyTorch(name, dtype, build);
        const found = await evaluate(nodes, device());
        found.forEach((values, k) => {
          expectClose(values, expected[k], tolerances[dtype]);
        });
      },
    );
  },
);

it('large means do not spoil the variance', async () => {
  // Of numbers 1000 ± 2^-6 the mean of squares less the square of the mean is lost in f32.
  const x = literal(Float32Array.of(1000, 1000.015625, 1000, 1000.015625), [1, 4]);
  const [y] = await evaluate([layerNorm(x, { epsilon: 0 })], device());
  expectClose(y, [-1, 1, -1, 1], { relative: 1e-6, why: 'differences of 2^-7 are exact' });
});

it('names what does not fit', () => {
  const node = (shape: number[]) => input(spec(shape), 'x');
  expect(() => layerNorm(node([2, 3]), { weight: node([2]) })).toThrow(
    'layerNorm: the weight of f32[2, 3] is [3], not f32[2]',
  );
  expect(() => layerNorm(node([2, 3]), { axes: [2] })).toThrow('layerNorm: f32[2, 3] has no axis 2');
  expect(() => groupNorm(node([2, 6, 4]), { groups: 4 })).toThrow(
    'groupNorm: the channels of f32[2, 6, 4] do not make 4 groups',
  );
  expect(() => groupNorm(node([2, 6, 4]), { groups: 2, bias: node([4]) })).toThrow(
    'groupNorm: the bias of f32[2, 6, 4] is [6], not f32[4]',
  );
});
