import { expect, test } from 'vitest';
import { difference } from '../../../bench/conformance/difference.ts';
import { hostTensor } from '../../../src/models/index.ts';

const bounds = { rtol: 1e-3, atol: 1e-7 };
const tensor = (...numbers: number[]) => hostTensor('float', [numbers.length], numbers);

// numpy 2.4.6: np.isclose(actual, expected, rtol=1e-3, atol=1e-7, equal_nan=True)
test.each([
  [1.0009, 1, true],
  [1.0011, 1, false],
  [5e-8, 0, true],
  [2e-7, 0, false],
  [Number.NaN, Number.NaN, true],
  [0, Number.NaN, false],
  [Number.NaN, 0, false],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, true],
  [3e38, Number.POSITIVE_INFINITY, false],
  [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, false],
])('%d is as close to %d as NumPy says: %s', (actual, expected, close) => {
  expect(difference(tensor(actual), tensor(expected), bounds) === null).toBe(close);
});

test('what is wrong with an output is said in one line', () => {
  expect(difference(tensor(1, 2, 3), tensor(1, 5, 6), bounds)).toBe(
    '2 of 3 elements are off: element 1 is 2, should be 5',
  );
  expect(difference(tensor(1), hostTensor('float', [1, 1], [1]), bounds)).toBe(
    'the output is float[1], should be float[1, 1]',
  );
  expect(difference(hostTensor('int32', [1], [1]), tensor(1), bounds)).toBe(
    'the output is int32[1], should be float[1]',
  );
  expect(difference(undefined, tensor(1), bounds)).toBe('an output is missing');
});
