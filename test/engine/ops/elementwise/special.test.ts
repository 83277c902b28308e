import { describe, expect, it } from 'vitest';
import type { DType } from '../../../../src/engine/graph/dtype.ts';
import { literal, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { add } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import * as special from '../../../../src/engine/ops/elementwise/special.ts';
import { compile, evaluate } from '../../../../src/engine/run/compile.ts';
import fixtures from '../../../fixtures/ops/special.json';
import { map } from '../../../reference/elementwise.ts';
import { checkDerivative, expectClose, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

const ULP = 2 ** -23;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

type Name = keyof typeof fixtures.special;

/** Bounds in f32 in units in the last place, as the ops' comments say; measured on lavapipe. */
const functions: Readonly<Record<Name, { readonly op: (x: Node) => Node; readonly ulps: number }>> = {
  tanh: { op: special.tanh, ulps: 3 },
  sigmoid: { op: special.sigmoid, ulps: 3 },
  erf: { op: special.erf, ulps: 3 },
  softplus: { op: (x) => special.softplus(x), ulps: 3 },
  expm1: { op: special.expm1, ulps: 2 },
  log1p: { op: special.log1p, ulps: 3 },
};
const cases = Object.entries(functions).map(([name, { op, ulps }]) => ({ name: name as Name, op, ulps }));

const of = (values: Iterable<number>, dtype: DType): Node => {
  const data = dtype === 'f64' || dtype === 'f32x2' ? Float64Array.from(values) : Float32Array.from(values);
  return literal(data, [data.length], dtype);
};
const valuesOf = async (node: Node): Promise<number[]> => Array.from((await evaluate([node], device()))[0]);

describe('hard points against mpmath 1.3.0', () => {
  it.each(cases)('$name', async ({ name, op, ulps }) => {
    const points = fixtures.special[name].map(([x]) => x);
    const exact = fixtures.special[name].map(([, y]) => y);
    const tolerances = {
      f32: { relative: ulps * ULP, why: 'the bound that the op states' },
      // Eight operations of 2^-47 each; numbers below 2^-100 have no second f32.
      f32x2: { relative: 2 ** -44, absolute: 2 ** -125, why: 'about eight operations of f32x2' },
      f64: { relative: 6 * 2 ** -53, why: 'six roundings' },
    };
    for (const [dtype, tolerance] of Object.entries(tolerances))
      expectClose(await valuesOf(op(of(points, dtype as DType))), exact, tolerance);
  });
});

describe('accuracy over the range of f32', () => {
  const count = 50_001;
  const ranges = [
    [-1, 1],
    [-12, 12],
    [-87, 88],
  ] as const;

  it.each(cases)('$name errs by at most $ulps ulp', async ({ name, op, ulps }) => {
    for (const [from, to] of ranges) {
      const low = name === 'log1p' ? Math.max(from, -0.999) : from;
      const x = Float32Array.from({ length: count }, (_, i) => low + ((to - low) * i) / (count - 1));
      const actual = await run(device(), ([node]) => op(node), [{ data: x, shape: [count] }]);
      expectClose(actual, map(name, [Float64Array.from(x)], count), {
        relative: ulps * ULP,
        // Results below the smallest normal number may be 0.
        absolute: 2 ** -126,
        why: 'the bound that the op states',
      });
    }
  });
});

describe('derivative', () => {
  it.each(cases)('$name', async ({ name, op }) => {
    await checkDerivative(
      device(),
      ([x]) => op(x),
      [operand([3, 7], 1)],
      ([x]) => map(name, [x], 21),
      { relative: 2e-6, absolute: 2e-6, why: 'a few f32 operations; central differences err by 1e-10' },
    );
  });
});

describe('infinities and NaN', () => {
  const x = [inf, -inf, nan, 1000, -1000];
  const expected: Readonly<Record<Name, readonly number[]>> = {
    tanh: [1, -1, nan, 1, -1],
    sigmoid: [1, 0, nan, 1, 0],
    erf: [1, -1, nan, 1, -1],
    softplus: [inf, 0, nan, 1000, 0],
    expm1: [inf, -1, nan, inf, -1],
    log1p: [inf, nan, nan, Math.log1p(1000), nan],
  };
  it.each(cases)('$name', async ({ name, op }) => {
    for (const dtype of ['f32', 'f32x2', 'f64'] as const) {
      const found = await valuesOf(op(of(x, dtype)));
      expectClose(found, expected[name], { relative: dtype === 'f32' ? 2 * ULP : 2 ** -45, why: 'log1p is rounded' });
    }
  });

  it('log1p of -1 is minus infinity', async () => {
    for (const dtype of ['f32', 'f32x2', 'f64'] as const)
      expect(await valuesOf(special.log1p(of([-1], dtype)))).toEqual([-inf]);
  });
});

it.each(['f32', 'f64'] as const)('several of them are one kernel that has each function once: %s', async (dtype) => {
  const all = await compile(
    ({ x }) => ({ y: cases.map(({ op }) => op(x)).reduce(add) }),
    { x: spec([64], dtype) },
    { device: device() },
  );
  expect(all.plan.steps).toHaveLength(1);
  all.free();
});

it('small formats are computed in f32 and rounded', async () => {
  const x = [-2, -0.5, 0.25, 1, 3];
  const y = special.tanh(of(x, 'f16'));
  expect(y.dtype).toBe('f16');
  expectClose(await valuesOf(y), x.map(Math.tanh), { relative: 2 ** -11, why: 'half a unit of 11 bits' });
});
