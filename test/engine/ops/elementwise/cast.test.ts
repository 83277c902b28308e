import { expect, it } from 'vitest';
import { converted, dtypes, numbersToConvert } from '../../../../bench/fidelity/conversions.ts';
import { type DType, hostArray } from '../../../../src/engine/graph/dtype.ts';
import { cast } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { run, useDevice } from '../../../support/checkOp.ts';

/** `cast` alone and as a part of a fused kernel gives what `convert` gives, which `convert.test.ts` holds against the same numbers. */
const device = useDevice();

const words = dtypes.filter((dtype) => !['f8e4m3', 'f8e5m2', 'f16'].includes(dtype));
const pairs = words.flatMap((from) => words.filter((to) => to !== from).map((to) => ({ from, to })));

const operandOf = (from: DType, numbers: Iterable<number>) => {
  const exact = Array.from(numbers, (x) => converted(x, from));
  const data = hostArray(from, exact.length);
  data.set(exact);
  return { data, shape: [exact.length], dtype: from };
};

// A length divisible by four is computed in fours where the formats are of one word, the other element by element.
it.each(pairs.flatMap((pair) => [4096, 517].map((length) => ({ ...pair, length }))))(
  '$length of $from become $to by one rounding of the number itself',
  async ({ from, to, length }) => {
    const x = operandOf(from, numbersToConvert(from, to, length, 11));
    const found = await run(device(), ([node]) => cast(node, to), [x]);
    const wrong = Array.from(x.data, (value, i) => ({ value, found: found[i], right: converted(value, to) })).filter(
      (each) => !Object.is(each.found, each.right),
    );
    expect(wrong.slice(0, 3)).toEqual([]);
  },
);

// Exact: integers, and the f32 nearest to them (neighbours above 2^31 are 256 apart; 4294967167 is 127 above one and 129 below the next).
it.each<[DType, readonly number[], DType, readonly number[]]>([
  ['f32', [3e9, Infinity, NaN, -3e9, -(2 ** 31), -0.9], 'i32', [2147483647, 2147483647, 0, -(2 ** 31), -(2 ** 31), 0]],
  ['f32', [3e9, Infinity, NaN, -3e9, 2 ** 32, 4294967040], 'u32', [3e9, 4294967295, 0, 0, 4294967295, 4294967040]],
  ['u32', [4294967167, 3221225601, 4294967295, 16777217], 'f32', [4294967040, 3221225728, 4294967296, 16777216]],
  ['i32', [2147483647, -2147483585, 16777219], 'f32', [2147483648, -2147483648, 16777220]],
  ['f32', [2 ** -149, -(2 ** -140), -0, NaN], 'bool', [1, 1, 0, 1]],
  ['i32', [-1, 7, -(2 ** 31)], 'u32', [0, 7, 0]],
  ['u32', [4294967295, 7], 'i32', [2147483647, 7]],
])('keeps to the borders of the integers: %s %j as %s', async (from, numbers, to, right) => {
  expect([...(await run(device(), ([x]) => cast(x, to), [operandOf(from, numbers)]))]).toEqual(right);
});

it('is the same in a kernel with others', async () => {
  const x = operandOf('f32', [3e9, Infinity, NaN, 1.75, 4294967040, -5, 0, 2 ** -149]);
  const through = (to: DType) => run(device(), ([node]) => cast(cast(node, to), 'f32'), [x]);
  expect([...(await through('i32'))]).toEqual([2 ** 31, 2 ** 31, 0, 1, 2 ** 31, -5, 0, 0]);
  expect([...(await through('u32'))]).toEqual([3e9, 2 ** 32, 0, 1, 4294967040, 0, 0, 0]);
  expect([...(await through('bool'))]).toEqual([1, 1, 1, 1, 1, 1, 0, 1]);
});
