import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../../src/engine/errors.ts';
import type { DType } from '../../../../src/engine/graph/dtype.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Attributes, Node } from '../../../../src/engine/graph/op.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { pipelineCount } from '../../../../src/engine/kernels/kernel.ts';
import * as ops from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import { map } from '../../../reference/elementwise.ts';
import { expand } from '../../../reference/shape.ts';
import {
  checkDerivative,
  checkForward,
  expectClose,
  type Operand,
  operand,
  run,
  type Tolerance,
  useDevice,
} from '../../../support/checkOp.ts';

const device = useDevice();

/** The kernels for processors' eight lanes, and those for GPUs. */
const variants = [{ subgroupsOf8: true }, { subgroupsOf8: false }];

/** Unit in the last place, relative to the value, at most. */
const ULP = 2 ** -23;
const rounded = { relative: ULP / 2, why: 'WGSL rounds it correctly' };
const exact = { why: 'nothing is rounded' };

/** An operand's values, from numbers in [-1, 1). */
type Domain = (value: number) => number;
const any: Domain = (value) => 4 * value;
/** Away from 0, where ReLU, |x| and comparisons jump or bend, and where a quotient grows. */
const apart: Domain = (value) => 3 * value + (value < 0 ? -0.25 : 0.25);
const positive: Domain = (value) => 2.125 + 2 * value;
const bool: Domain = (value) => Number(value < 0);

interface Case {
  readonly name: string;
  readonly apply: (nodes: Node[]) => Node;
  readonly attributes?: Attributes;
  readonly domains: readonly Domain[];
  readonly tolerance: Tolerance;
  readonly result?: DType;
  /** Operands with a derivative; none if absent. */
  readonly wrt?: readonly number[];
}

const binary = (op: (a: Node, b: Node) => Node) => (nodes: Node[]) => op(nodes[0], nodes[1]);
const unary = (op: (x: Node) => Node) => (nodes: Node[]) => op(nodes[0]);
const comparison = (name: string, op: (a: Node, b: Node) => Node): Case => ({
  name,
  apply: binary(op),
  domains: [Math.round, Math.round],
  tolerance: exact,
  result: 'bool',
});

const cases: readonly Case[] = [
  { name: 'add', apply: binary(ops.add), domains: [any, any], tolerance: rounded, wrt: [0, 1] },
  { name: 'subtract', apply: binary(ops.subtract), domains: [any, any], tolerance: rounded, wrt: [0, 1] },
  { name: 'multiply', apply: binary(ops.multiply), domains: [any, any], tolerance: rounded, wrt: [0, 1] },
  {
    name: 'divide',
    apply: binary(ops.divide),
    domains: [any, apart],
    tolerance: { relative: 2.5 * ULP, why: 'WGSL promises 2.5 ulp; lavapipe rounds correctly' },
    wrt: [0, 1],
  },
  { name: 'maximum', apply: binary(ops.maximum), domains: [any, apart], tolerance: exact, wrt: [0, 1] },
  { name: 'minimum', apply: binary(ops.minimum), domains: [any, apart], tolerance: exact, wrt: [0, 1] },
  { name: 'negate', apply: unary(ops.negate), domains: [any], tolerance: exact, wrt: [0] },
  { name: 'relu', apply: unary(ops.relu), domains: [apart], tolerance: exact, wrt: [0] },
  {
    name: 'scale',
    apply: ([x]) => ops.scale(x, 0.375),
    attributes: { factor: 0.375 },
    domains: [any],
    tolerance: rounded,
    wrt: [0],
  },
  {
    name: 'offset',
    apply: ([x]) => ops.offset(x, -1.5),
    attributes: { distance: -1.5 },
    domains: [any],
    tolerance: rounded,
    wrt: [0],
  },
  {
    name: 'clamp',
    apply: ([x]) => ops.clamp(x, -1.125, 2.0625),
    attributes: { low: -1.125, high: 2.0625 },
    domains: [any],
    tolerance: exact,
    wrt: [0],
  },
  comparison('equal', ops.equal),
  comparison('notEqual', ops.notEqual),
  comparison('less', ops.less),
  comparison('lessEqual', ops.lessEqual),
  comparison('greater', ops.greater),
  comparison('greaterEqual', ops.greaterEqual),
  {
    name: 'where',
    apply: ([condition, a, b]) => ops.where(ops.greater(condition, ops.fill([], 0)), a, b),
    domains: [bool, any, any],
    tolerance: exact,
    wrt: [1, 2],
  },
  { name: 'sign', apply: unary(ops.sign), domains: [Math.round], tolerance: exact },
  { name: 'abs', apply: unary(ops.abs), domains: [apart], tolerance: exact, wrt: [0] },
  {
    name: 'sqrt',
    apply: unary(ops.sqrt),
    domains: [positive],
    tolerance: { relative: 5 * ULP, why: 'WGSL: inverseSqrt (2 ulp) and a quotient (2.5); lavapipe rounds correctly' },
    wrt: [0],
  },
  {
    name: 'exp',
    apply: unary(ops.exp),
    domains: [any],
    tolerance: { relative: 2 * ULP, why: 'a series of a dozen operations; the last ones count' },
    wrt: [0],
  },
  {
    name: 'log',
    apply: unary(ops.log),
    domains: [positive],
    tolerance: { relative: 2 * ULP, why: 'a series of a dozen operations; the last ones count' },
    wrt: [0],
  },
  { name: 'square', apply: unary(ops.square), domains: [any], tolerance: rounded, wrt: [0] },
  {
    name: 'logicalNot',
    apply: ([x]) => ops.logicalNot(ops.cast(x, 'bool')),
    domains: [bool],
    tolerance: exact,
    result: 'bool',
  },
  {
    name: 'logicalAnd',
    apply: ([a, b]) => ops.logicalAnd(ops.cast(a, 'bool'), ops.cast(b, 'bool')),
    domains: [bool, bool],
    tolerance: exact,
    result: 'bool',
  },
];

const operandsOf = ({ domains }: Case, shape: Shape): Operand[] =>
  domains.map((domain, k) => ({ data: operand(shape, k).data.map(domain), shape }));
const doubles = (operands: readonly Operand[]) => operands.map(({ data }) => Float64Array.from(data));

describe('meaning, one by one and in fours', () => {
  it.each(cases)('$name', async (tested) => {
    const { name, apply, attributes, tolerance, result = 'f32' } = tested;
    for (const length of [7, 64]) {
      const operands = operandsOf(tested, [length]);
      const expected = map(name, doubles(operands), length, attributes, result);
      for (const capabilities of variants)
        await checkForward(device(), apply, operands, expected, tolerance, capabilities);
    }
  });
});

describe('derivative', () => {
  it.each(cases.filter(({ wrt }) => wrt !== undefined))('$name', async (tested) => {
    const { name, apply, attributes, wrt = [] } = tested;
    await checkDerivative(
      device(),
      apply,
      operandsOf(tested, [3, 7]),
      (operands) => map(name, operands, 21, attributes),
      // The rules are products and quotients of a few factors below 60, rounded in f32, with functions of the accuracy above;
      // central differences with step 1e-5 err by 1e-10 times third derivatives.
      { relative: 2e-6, absolute: 2e-6, why: 'a few f32 operations' },
      { wrt: [...wrt] },
    );
  });
});

describe('layouts', () => {
  // Rows and columns around lanes, vec4s, rows of a task and parts of a row.
  const shapes: Shape[] = [
    [1],
    [3],
    [8],
    [33],
    [1023],
    [1024],
    [5000],
    [100_001],
    [3, 5],
    [2, 3, 4],
    [3, 2, 49],
    [2, 5, 7, 7],
    [4, 3, 8, 8],
    [5, 16, 4, 4],
    [1, 2, 90, 90],
    [2, 1, 3, 1, 5, 2],
  ];

  it.each(shapes.map((shape) => [shape]))('per channel and per row, on %j', async (shape) => {
    const channel = shape.map((length, axis) => (axis === Math.min(1, shape.length - 1) ? length : 1));
    const row = shape.map((length, axis) => (axis === shape.length - 1 ? 1 : length));
    const operands = [shape, channel, row].map((each, k) => operand(each, k));
    const [x, perChannel, perRow] = operands.map(({ data, shape: own }) => expand(Float64Array.from(data), own, shape));
    const expected = x.map((value, i) => Math.max(value * perChannel[i] + perRow[i], 0));
    for (const capabilities of variants)
      await checkForward(
        device(),
        ([a, b, c]) => ops.relu(ops.add(ops.multiply(a, b), c)),
        operands,
        expected,
        { absolute: 2 * ULP, why: 'two roundings of values below 2' },
        capabilities,
      );
  });

  it.each<[Shape, Shape]>([
    [
      [3, 1],
      [1, 4],
    ],
    [[4], [3, 4]],
    [
      [2, 1, 5],
      [7, 1],
    ],
    [[], [6]],
    [
      [2, 3, 1, 4],
      [3, 8, 1],
    ],
  ])('broadcasts %j with %j as NumPy does, and its derivatives', async (a, b) => {
    const rank = Math.max(a.length, b.length);
    const shape = Array.from({ length: rank }, (_, i) =>
      Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1),
    );
    const product = ([x, y]: Float64Array[]) => {
      const right = expand(y, b, shape);
      return expand(x, a, shape).map((value, i) => value * right[i]);
    };
    const operands = [operand(a, 1), operand(b, 2)];
    const apply = ([x, y]: Node[]) => ops.multiply(x, y);
    await checkForward(device(), apply, operands, product(doubles(operands)), rounded);
    await checkDerivative(device(), apply, operands, product, {
      absolute: 1e-5,
      why: 'sums of up to 100 products below 1 in f32',
    });
  });

  it('folds grids of more than 65535 workgroups', async () => {
    // 4099 rows of 17 parts of 256 elements, a workgroup each.
    const side = 4099;
    const column = { data: Float32Array.from({ length: side }, (_, i) => i), shape: [side, 1] };
    const row = { data: Float32Array.from({ length: side }, (_, i) => i / 8192), shape: [1, side] };
    const actual = await run(device(), ([a, b]) => ops.add(a, b), [column, row], { subgroupsOf8: false });
    let wrong = 0;
    // 13 + 13 bits: f32 rounds some of the sums.
    for (let i = 0; i < actual.length; i++)
      if (actual[i] !== Math.fround(Math.floor(i / side) + (i % side) / 8192)) wrong++;
    expect(wrong).toBe(0);
  });

  it('has new numbers without new pipelines', async () => {
    const x = operand([64], 1);
    await run(device(), ([node]) => ops.clamp(ops.scale(node, 2), 0, 1), [x]);
    const before = pipelineCount(device());
    const again = await run(device(), ([node]) => ops.clamp(ops.scale(node, 3), -1, 0.5), [operand([1024], 1)]);
    expect(pipelineCount(device())).toBe(before);
    expect(Math.min(...again)).toBe(-1);
    expect(Math.max(...again)).toBe(0.5);
  });
});

describe('in place', () => {
  it.each([[64], [7], [100_000], [3]])('updates %i donated parameters with momentum, twice', async (length) => {
    const types = { params: { w: spec([length]) }, velocity: { w: spec([length]) }, slope: spec([length]) };
    const step = await compile(
      ({ params, velocity, slope }) => {
        const v = ops.add(ops.scale(velocity.w, 0.5), slope);
        return { params: { w: ops.subtract(params.w, ops.scale(v, 0.25)) }, velocity: { w: v } };
      },
      types,
      { device: device(), donate: { params: 'params', velocity: 'velocity' } },
    );
    expect(step.plan.steps.map(({ kind }) => kind)).toEqual(['dispatch', 'dispatch']);
    // Multiples of 2^-12 below 2^10: exact in f32.
    const data = (seed: number) => operand([length], seed).data.map((value) => Math.round(value * 64) / 64);
    const [w, v, slope] = [data(1), data(2), data(3)];
    const tensors = { w: device().tensor(w, [length]), v: device().tensor(v, [length]) };
    const expected = { w: Float64Array.from(w), v: Float64Array.from(v) };
    for (let i = 0; i < 2; i++) {
      step.run({ params: { w: tensors.w }, velocity: { w: tensors.v }, slope: slope as Float32Array });
      expected.v = expected.v.map((value, k) => 0.5 * value + slope[k]);
      expected.w = expected.w.map((value, k) => value - 0.25 * expected.v[k]);
    }
    expectClose(await tensors.w.read(), expected.w, exact);
    expectClose(await tensors.v.read(), expected.v, exact);
    step.free();
  });

  it('reads an operand that it names twice, and others along with it', async () => {
    const step = await compile(
      ({ x, gain }) => ({ x: ops.multiply(ops.multiply(x, x), gain) }),
      { x: spec([4, 6]), gain: spec([6]) },
      { device: device(), donate: { x: 'x' } },
    );
    const x = device().tensor(
      Float32Array.from({ length: 24 }, (_, i) => i),
      [4, 6],
    );
    step.run({ x, gain: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect([...(await x.read())]).toEqual(Array.from({ length: 24 }, (_, i) => i * i * ((i % 6) + 1)));
    step.free();
  });
});

describe('mistakes', () => {
  const x = input(spec([2, 3]), 'x');
  const labels = input(spec([2, 3], 'i32'), 'labels');

  it('are named', () => {
    expect(() => ops.add(x, input(spec([2, 4]), 'y'))).toThrow(
      new ShapeError('add: [2, 3] and [2, 4] do not broadcast'),
    );
    expect(() => ops.add(x, labels)).toThrow(
      'add takes operands of one format out of f32, f32x2, f64, f16, f8e4m3, f8e5m2, i32, u32, not f32, i32',
    );
    expect(() => ops.exp(labels)).toThrow(
      'exp takes operands of one format out of f32, f32x2, f64, f16, f8e4m3, f8e5m2, not i32',
    );
    expect(() => ops.where(x, x, x)).toThrow('where takes a bool and two operands of one format, not f32, f32, f32');
    expect(() => ops.clamp(x, 1, 0)).toThrow('clamp: the bounds 1 and 0 are in the wrong order');
    expect(() => ops.clamp(x, Number.NaN, 0)).toThrow(ShapeError);
    expect(() => ops.fill([1, 1, 1, 1, 1, 1, 1], 0)).toThrow(
      'fill: the shape [1, 1, 1, 1, 1, 1, 1] has more than 6 dimensions',
    );
  });
});
