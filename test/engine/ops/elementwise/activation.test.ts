import { describe, expect, it } from 'vitest';
import type { DType } from '../../../../src/engine/graph/dtype.ts';
import { input, literal, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import * as activation from '../../../../src/engine/ops/elementwise/activation.ts';
import { softplus } from '../../../../src/engine/ops/elementwise/special.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { compile, evaluate } from '../../../../src/engine/run/compile.ts';
import fixtures from '../../../fixtures/ops/special.json';
import { expectClose, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

const of = (values: readonly number[], dtype: DType): Node =>
  literal(dtype === 'f32' ? Float32Array.from(values) : Float64Array.from(values), [values.length], dtype);
const valuesOf = async (nodes: Node[]): Promise<number[][]> =>
  (await evaluate(nodes, device())).map((values) => Array.from(values));

type Name = keyof typeof fixtures.activations.computed;

const functions: Readonly<Record<Name, (x: Node) => Node>> = {
  leakyRelu: (x) => activation.leakyRelu(x),
  'leakyRelu 0.2': (x) => activation.leakyRelu(x, { negativeSlope: 0.2 }),
  prelu: (x) => activation.prelu(x, of([0.375], x.dtype)),
  relu6: activation.relu6,
  elu: (x) => activation.elu(x),
  'elu 0.7': (x) => activation.elu(x, { alpha: 0.7 }),
  'celu 0.7': (x) => activation.celu(x, { alpha: 0.7 }),
  selu: activation.selu,
  silu: activation.silu,
  mish: activation.mish,
  softsign: activation.softsign,
  hardSigmoid: activation.hardSigmoid,
  hardSwish: activation.hardSwish,
  gelu: (x) => activation.gelu(x),
  'gelu tanh': (x) => activation.gelu(x, { approximate: 'tanh' }),
  'softplus 2.5': (x) => softplus(x, { beta: 2.5 }),
};
const cases = Object.entries(functions).map(([name, op]) => ({ name: name as Name, op }));
const points = fixtures.activations.x.map(Number);

/** Measured in f64 as well, whose kernels take seconds to compile: between them they use every function. */
const IN_F64: readonly Name[] = ['elu 0.7', 'silu', 'mish', 'gelu'];

describe('values and slopes of PyTorch 2.15.0 in float64', () => {
  it.each(cases)('$name', async ({ name, op }) => {
    const { y, dx } = fixtures.activations.computed[name];
    // 1 - tanh² and 1 + erf cancel: what is left of values of 1 is known to a few units of 2^-53 (f32: 2^-24), times x.
    const tolerances = {
      f64: { relative: 4e-15, absolute: 2e-15, why: 'a dozen roundings of values up to 4' },
      f32: { relative: 2e-6, absolute: 1e-6, why: 'a dozen roundings of values up to 4' },
    };
    for (const [dtype, tolerance] of Object.entries(tolerances)) {
      if (dtype === 'f64' && !IN_F64.includes(name)) continue;
      const x = of(points, dtype as DType);
      const value = op(x);
      const [values, slopes] = await valuesOf([
        value,
        ...gradients(value, [x], of(Array(points.length).fill(1), dtype as DType)),
      ]);
      expectClose(values, y.map(Number), tolerance);
      expectClose(slopes, dx.map(Number), tolerance);
    }
  });
});

it.each(cases)('$name and its slope are finite far away', async ({ op }) => {
  const x = of([-1e30, -1e10, -200, 200, 1e10, 1e30], 'f32');
  const value = op(x);
  const found = await valuesOf([value, ...gradients(value, [x], of(Array(6).fill(1), 'f32'))]);
  expect(found.flat().filter((each) => !Number.isFinite(each))).toEqual([]);
});

it('slopes at 0 are those of PyTorch 2.15.0', async () => {
  // torch: leaky_relu(x, 0.2) 0.2, elu(x, 0.7) 0.7, celu(x, 0.7) 1 (in float32), selu its scale times alpha, silu 0.5, gelu 0.5.
  const slopes = {
    'leakyRelu 0.2': 0.2,
    'elu 0.7': 0.7,
    'celu 0.7': 1,
    selu: 1.7580993408473766,
    silu: 0.5,
    gelu: 0.5,
  };
  for (const [name, slope] of Object.entries(slopes)) {
    const x = of([0], 'f32');
    const slopesOf = await valuesOf(gradients(functions[name as Name](x), [x], of([1], 'f32')));
    expectClose(slopesOf[0], [slope], { relative: 2 ** -22, why: 'a few roundings of f32' });
  }
});

it('prelu has a weight for each channel, and slopes by it', async () => {
  const x = literal(Float32Array.of(-1, 2, -3, -4, 5, -6, -7, 8), [2, 2, 2]);
  const weight = literal(Float32Array.of(0.5, 0.25), [2]);
  const y = activation.prelu(x, weight);
  const [values, byWeight] = await valuesOf([
    y,
    ...gradients(y, [weight], literal(new Float32Array(8).fill(1), [2, 2, 2])),
  ]);
  expect(values).toEqual([-0.5, 2, -0.75, -1, 5, -3, -1.75, 8]);
  // Sums of the negative numbers of each channel.
  expect(byWeight).toEqual([-1 - 6, -3 - 4 - 7]);
  expect(() => activation.prelu(x, input(spec([3]), 'weight'))).toThrow(
    'prelu: the weight of f32[2, 2, 2] has 1 or 2 numbers, not f32[3]',
  );
});

it.each([{ approximate: 'none' }, { approximate: 'tanh' }] as const)(
  'gelu is one kernel: $approximate',
  async (options) => {
    const executable = await compile(
      ({ x }) => ({ y: activation.gelu(x, options) }),
      { x: spec([8, 64]) },
      { device: device() },
    );
    expect(executable.plan.steps).toHaveLength(1);
    executable.free();
  },
);
