import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import { shrinkageTo } from '../../../../src/engine/ops/reduce/shrinkageTo.ts';
import { shrinkageTo as reference } from '../../../reference/shrinkageTo.ts';
import { checkForward, type Operand, operand, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

/** As the device chooses, on processors a subgroup of eight lanes for each row, and a workgroup of 64 invocations. */
const variants = [{}, { subgroupsOf8: false }];

/** Rows of numbers of at least 0, every second one of heavy tails, and radii that are shares of their sums; the last is beyond its sum. */
function rowsOf(rows: number, length: number, dtype: 'f32' | 'f32x2' | 'f64' = 'f32'): [Operand, Operand] {
  const numbers = Array.from(operand([rows, length], 1).data, (value, i) =>
    Math.floor(i / length) % 2 === 0 ? Math.abs(value) : Math.fround(value ** 4),
  );
  const shares = [0.5, 1e-3, 0.01, 0.9];
  const radii = Array.from({ length: rows }, (_, row) => {
    const sum = numbers.slice(row * length, (row + 1) * length).reduce((total, value) => total + value, 0);
    return Math.fround(row === rows - 1 ? 1.5 * sum : sum * shares[row % 4]);
  });
  const stored = dtype === 'f32' ? Float32Array : Float64Array;
  return [
    { data: stored.from(numbers), shape: [rows, length], dtype },
    { data: stored.from(radii), shape: [rows], dtype },
  ];
}

describe.each([
  [2, 1],
  [3, 7],
  [5, 64],
  [9, 65],
  [5, 3072],
  [3, 5000],
])('%i rows of %i', (rows, length) => {
  it.each(variants)('have the thresholds that a sort finds: %j', async (capabilities) => {
    const operands = rowsOf(rows, length);
    const expected = reference(operands[0].data, operands[1].data);
    const tolerance = {
      absolute: 2e-6,
      why: 'means in f32 of what up to 5000 numbers below 1 have above the threshold',
    };
    await checkForward(device(), ([x, radius]) => shrinkageTo(x, radius), operands, expected, tolerance, capabilities);
    expect(expected.some((threshold) => threshold > 0)).toBe(true);
    expect(expected.at(-1)).toBe(0);
  });
});

it.each(['f32x2', 'f64'] as const)('%s', async (dtype) => {
  const operands = rowsOf(5, 40, dtype);
  const expected = reference(operands[0].data, operands[1].data);
  const tolerance = { absolute: dtype === 'f64' ? 1e-15 : 1e-13, why: 'a few roundings of numbers below 1' };
  await checkForward(device(), ([x, radius]) => shrinkageTo(x, radius), operands, expected, tolerance);
});

it('refuses what are no rows with a radius each', () => {
  const x = input(spec([2, 3]), 'x');
  expect(() => shrinkageTo(x, input(spec([3]), 'radius'))).toThrow(
    'shrinkageTo takes floats [rows, length] and as many [rows], not f32[2, 3] and f32[3]',
  );
  expect(() => shrinkageTo(input(spec([2, 3], 'i32'), 'x'), input(spec([2], 'i32'), 'radius'))).toThrow('i32[2, 3]');
});
