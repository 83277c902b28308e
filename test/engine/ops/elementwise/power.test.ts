import { describe, expect, it } from 'vitest';
import type { DType } from '../../../../src/engine/graph/dtype.ts';
import { literal } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { pow, reciprocal } from '../../../../src/engine/ops/elementwise/power.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { evaluate } from '../../../../src/engine/run/compile.ts';
import fixtures from '../../../fixtures/ops/special.json';
import { map } from '../../../reference/elementwise.ts';
import { checkDerivative, expectClose, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

const ULP = 2 ** -23;

const of = (values: readonly number[], dtype: DType): Node =>
  literal(dtype === 'f32' ? Float32Array.from(values) : Float64Array.from(values), [values.length], dtype);
const valuesOf = async (nodes: Node[]): Promise<number[][]> =>
  (await evaluate(nodes, device())).map((values) => Array.from(values));

/** What the ops state, relative to the value. */
const tolerances = {
  f32: { relative: 4 * ULP, why: 'four units in the last place' },
  f32x2: { relative: 2 ** -46, absolute: 2 ** -125, why: 'computed in f64, rounded to 48 bits; none below 2^-100' },
  f64: { relative: 2 * 2 ** -52, why: 'two units in the last place' },
} as const;
const formats = Object.entries(tolerances).map(([dtype, tolerance]) => ({
  dtype: dtype as keyof typeof tolerances,
  tolerance,
}));

it.each(formats)('powers at hard points against mpmath 1.3.0: $dtype', async ({ dtype, tolerance }) => {
  const [a, b, exact] = [0, 1, 2].map((k) => fixtures.powers.map((row) => row[k]));
  const [found] = await valuesOf([pow(of(a, dtype), of(b, dtype))]);
  expectClose(found, exact, tolerance);
});

it('errs by at most 4 ulp over the range of f32', async () => {
  const count = 50_001;
  const bases = Float32Array.from({ length: count }, (_, i) => 2 ** (((i * 0.6180339887) % 1) * 40 - 20));
  // Results from 2^-100 to 2^100.
  const exponents = Float32Array.from(bases, (base, i) => (((i / count) * 200 - 100) / Math.log2(base)) % 1e4);
  const operands = [bases, exponents].map((data) => ({ data, shape: [count] }));
  const doubles = operands.map(({ data }) => Float64Array.from(data));
  const actual = await run(device(), ([a, b]) => pow(a, b), operands);
  expectClose(actual, map('pow', doubles, count), tolerances.f32);
});

describe('corners are those of PyTorch 2.15.0', () => {
  const { a, b, y, da, db } = Object.fromEntries(
    Object.entries(fixtures.corners).map(([name, values]) => [name, values.map(Number)]),
  );
  const plain = (values: readonly number[]) => values.map((value) => value + 0);

  it.each(formats)('$dtype', async ({ dtype, tolerance }) => {
    const [left, right] = [of(a, dtype), of(b, dtype)];
    const power = pow(left, right);
    const [value, byA, byB] = await valuesOf([
      power,
      ...gradients(power, [left, right], of(Array(a.length).fill(1), dtype)),
    ]);
    // Of the derivatives, three more operations.
    const loose = { ...tolerance, relative: 3 * tolerance.relative };
    expectClose(plain(value), plain(y), tolerance);
    expectClose(plain(byA), plain(da), loose);
    expectClose(plain(byB), plain(db), loose);
  });
});

it.each(formats)('whole powers of small numbers are exact: $dtype', async ({ dtype }) => {
  const bases = [-7, -3, 2, 5, 11];
  for (const exponent of [1, 2, 3])
    for (const b of [exponent, of(Array(5).fill(exponent), dtype)])
      expect(await valuesOf([pow(of(bases, dtype), b)])).toEqual([bases.map((base) => base ** exponent)]);
});

it('has a derivative by base and exponent', async () => {
  const operands = [operand([3, 7], 1), operand([7], 2)];
  operands[0] = { ...operands[0], data: operands[0].data.map((x) => 2 + x) };
  await checkDerivative(
    device(),
    ([a, b]) => pow(a, b),
    operands,
    ([a, b]) => a.map((x, i) => x ** b[i % 7]),
    { relative: 2e-6, absolute: 2e-6, why: 'a few f32 operations; central differences err by 1e-10' },
  );
});

it('reciprocal', async () => {
  expect(await valuesOf([reciprocal(of([2, -0.25, 0], 'f64'))])).toEqual([[0.5, -4, Number.POSITIVE_INFINITY]]);
});
