import { describe, expect, it } from 'vitest';
import { doubles } from '../../../../bench/fidelity/doubles.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import { exactSum } from '../../../../src/engine/ops/exact/exactSum.ts';
import { exactSum as reference } from '../../../reference/exactSum.ts';
import { run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

describe('exactSum is the exact sum, rounded once (BigInt)', () => {
  it.each([
    ['all', [1000], undefined, [1, 1, 1, 1000]],
    ['of channels', [4, 3, 5, 7], [0, 2, 3], [1, 4, 3, 35]],
    ['of rows', [6, 50], [1], [1, 1, 6, 50]],
    ['of columns', [50, 6], [0], [1, 50, 6, 1]],
    ['more than one invocation a sum', [400, 3, 2], [0, 2], [1, 400, 3, 2]],
  ] as const)('%s', async (_, shape, axes, form) => {
    const size = shape.reduce((product, length) => product * length, 1);
    for (const [name, kind] of Object.entries(doubles)) {
      const data = kind(size, 9);
      const y = await run(device(), ([x]) => exactSum(x, axes), [{ data, shape, dtype: 'f64' }]);
      expect([name, ...y]).toEqual([name, ...reference(data, form)]);
    }
  });
});

it('carries where an invocation adds more than a thousand numbers (BigInt)', async () => {
  const count = 1_100_000;
  const expected = Number((BigInt(count) << 52n) + (BigInt(count) * BigInt(count - 1)) / 2n);
  for (const sign of [1, -1]) {
    const data = Float64Array.from({ length: count }, (_, i) => sign * (2 ** 52 + i));
    const [y] = await run(device(), ([x]) => exactSum(x), [{ data, shape: [count], dtype: 'f64' }]);
    expect(y).toBe(sign * expected);
  }
});

it('refuses what it cannot sum at once', () => {
  const x = input(spec([2, 3, 4, 5, 6], 'f64'), 'x');
  expect(() => exactSum(x, [0, 2, 4])).toThrow('lie too scattered');
  expect(() => exactSum(input(spec([3]), 'y'))).toThrow('exactSum: f32[3] is not f64');
});
