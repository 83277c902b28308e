import { describe, expect, it } from 'vitest';
import type { DType } from '../../../../src/engine/graph/dtype.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import * as ops from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { map } from '../../../reference/elementwise.ts';
import { integers, type Operand, run, useDevice } from '../../../support/checkOp.ts';

/** Elementwise ops where numbers have an end or a step: integers and bools, infinities and NaN, the whole range of f32, kinks. */
const device = useDevice();

/** Unit in the last place, relative to the value, at most. */
const ULP = 2 ** -23;

describe('integers and bools', () => {
  const a = [5, -7, 2 ** 31 - 1, -(2 ** 31), 0, 123_456_789];
  const b = [3, 2, 1, -1, 0, 987_654_321];

  const both: [string, (a: Node, b: Node) => Node][] = [
    ['add', ops.add],
    ['subtract', ops.subtract],
    ['multiply', ops.multiply],
    ['maximum', ops.maximum],
    ['minimum', ops.minimum],
    ['less', ops.less],
    ['equal', ops.equal],
  ];

  it.each(both)('%s', async (name, op) => {
    const dtype = name === 'less' || name === 'equal' ? 'bool' : 'i32';
    const signed = map(name, [Float64Array.from(a), Float64Array.from(b)], 6, {}, dtype);
    const operands = [integers(a, [6]), integers(b, [6])];
    expect([...(await run(device(), ([x, y]) => op(x, y), operands))]).toEqual([...signed]);
    const [large, small] = [
      [2 ** 32 - 1, 7, 2 ** 31, 65_537],
      [2, 9, 2 ** 31, 65_539],
    ];
    const expected = map(
      name,
      [Float64Array.from(large), Float64Array.from(small)],
      4,
      {},
      dtype === 'bool' ? dtype : 'u32',
    );
    const unsigned = [integers(large, [4], 'u32'), integers(small, [4], 'u32')];
    expect([...(await run(device(), ([x, y]) => op(x, y), unsigned))]).toEqual([...expected]);
  });

  it('negate, abs, sign, relu, scale, offset and clamp', async () => {
    const of = async (apply: (x: Node) => Node) => [
      ...(await run(device(), ([x]) => apply(x), [integers([5, -7, 0], [3])])),
    ];
    expect(await of(ops.negate)).toEqual([-5, 7, 0]);
    expect(await of(ops.abs)).toEqual([5, 7, 0]);
    expect(await of(ops.sign)).toEqual([1, -1, 0]);
    expect(await of(ops.relu)).toEqual([5, 0, 0]);
    expect(await of((x) => ops.scale(x, -3))).toEqual([-15, 21, 0]);
    expect(await of((x) => ops.offset(x, 2 ** 31 - 1))).toEqual([-(2 ** 31) + 4, 2 ** 31 - 8, 2 ** 31 - 1]);
    expect(await of((x) => ops.clamp(x, -1, 4))).toEqual([4, -1, 0]);
  });

  it('cast', async () => {
    const floats = { data: Float32Array.of(-2.75, -0.5, 0, 0.5, 2.75, 1e6), shape: [6] };
    const to = async (dtype: DType, x: Operand) => [...(await run(device(), ([node]) => ops.cast(node, dtype), [x]))];
    expect(await to('i32', floats)).toEqual([-2, 0, 0, 0, 2, 1_000_000]);
    expect(await to('bool', floats)).toEqual([1, 1, 0, 1, 1, 1]);
    expect(await to('f32', integers([-3, 0, 7], [3]))).toEqual([-3, 0, 7]);
    expect(await to('u32', integers([-1, 0, 7], [3]))).toEqual([0, 0, 7]);
    expect(await to('f32', integers([1, 0, 1], [3], 'bool'))).toEqual([1, 0, 1]);
    const x = input(spec([3]), 'x');
    expect(ops.cast(x, 'f32')).toBe(x);
  });

  it('fill', async () => {
    const filled = async (value: number, dtype: DType, shape: Shape) => [
      ...(await run(device(), () => ops.fill(shape, value, dtype), [])),
    ];
    expect(await filled(-0.1, 'f32', [2, 3])).toEqual(Array(6).fill(Math.fround(-0.1)));
    expect(await filled(-(2 ** 31), 'i32', [3])).toEqual(Array(3).fill(-(2 ** 31)));
    expect(await filled(2 ** 32 - 1, 'u32', [4])).toEqual(Array(4).fill(2 ** 32 - 1));
    expect(await filled(1, 'bool', [5])).toEqual([1, 1, 1, 1, 1]);
    expect(await filled(Number.NEGATIVE_INFINITY, 'f32', [])).toEqual([Number.NEGATIVE_INFINITY]);
    expect(await filled(Number.NaN, 'f32', [4])).toEqual(Array(4).fill(Number.NaN));
  });
});

describe('IEEE 754 beyond numbers', () => {
  const { POSITIVE_INFINITY: inf, NaN: nan } = Number;
  const of = async (apply: (...nodes: Node[]) => Node, ...columns: number[][]) => [
    ...(await run(
      device(),
      (nodes) => apply(...nodes),
      columns.map((column) => ({ data: Float32Array.from(column), shape: [column.length] })),
    )),
  ];

  // WGSL promises none of this; it holds on this stack, and a diverged training must not look healthy.
  it('overflows, divides by zero and keeps NaN', async () => {
    expect(await of(ops.exp, [89, -150, inf, -inf, nan])).toEqual([inf, 0, inf, 0, nan]);
    expect(await of(ops.log, [0, -1, inf, nan])).toEqual([-inf, nan, inf, nan]);
    expect(await of(ops.divide, [1, -1, 0, inf], [0, 0, 0, inf])).toEqual([inf, -inf, nan, nan]);
    expect(await of(ops.sqrt, [-1, inf, nan])).toEqual([nan, inf, nan]);
    expect(await of(ops.multiply, [3e38, -3e38, inf], [10, 10, 0])).toEqual([inf, -inf, nan]);
    expect(await of(ops.relu, [inf, -inf, nan])).toEqual([inf, 0, nan]);
    expect(await of(ops.maximum, [nan, 1, inf], [1, nan, 2])).toEqual([nan, nan, inf]);
    expect(await of(ops.minimum, [nan, 1, -inf], [1, nan, 2])).toEqual([nan, nan, -inf]);
    expect(await of((x) => ops.clamp(x, -1, 1), [nan, inf, -inf])).toEqual([nan, 1, -1]);
    expect(await of(ops.equal, [nan, inf, 0], [nan, inf, -0])).toEqual([0, 1, 1]);
    expect(await of(ops.notEqual, [nan, inf], [nan, inf])).toEqual([1, 0]);
    expect(await of((x) => ops.cast(x, 'bool'), [nan, inf, -0])).toEqual([1, 1, 0]);
  });
});

describe('accuracy over the range of f32', () => {
  const count = 100_003;
  const over = (from: number, to: number) =>
    Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
  const check = async (apply: (x: Node) => Node, x: Float32Array, bound: (y: number) => number) => {
    const actual = await run(device(), ([node]) => apply(node), [{ data: x, shape: [count] }]);
    const expected = Float64Array.from(x, apply === ops.exp ? Math.exp : Math.log);
    let worst = 0;
    expected.forEach((value, i) => {
      if (value !== 0 || actual[i] !== 0) worst = Math.max(worst, Math.abs(actual[i] - value) / bound(value));
    });
    expect(worst).toBeLessThanOrEqual(1);
  };

  it('exp errs by at most 2 ulp', async () => {
    // Measured on lavapipe: 1.3 ulp; SwiftShader 1.0.
    const bound = (y: number) => 2 * ULP * y;
    await check(ops.exp, over(-87.3, 88.7), bound);
    await check(ops.exp, over(-1, 1), bound);
  });

  it('log errs by at most 2 ulp, near 1 too', async () => {
    // Measured on lavapipe and SwiftShader: 1.8 ulp.
    const bound = (y: number) => 2 * ULP * Math.abs(y);
    await check(ops.log, over(2 ** -126, 4), bound);
    await check(ops.log, over(0.999, 1.001), bound);
    const powers = over(-126, 127).map((exponent) => 2 ** exponent);
    await check(ops.log, powers, bound);
  });
});

describe('slopes at kinks', () => {
  const slopes = async (apply: (nodes: Node[]) => Node, columns: number[][], wrt = 0) => [
    ...(await run(
      device(),
      (nodes) => gradients(sum(apply(nodes)), [nodes[wrt]])[0],
      columns.map((column) => ({ data: Float32Array.from(column), shape: [column.length] })),
    )),
  ];

  it('are those of PyTorch', async () => {
    // torch 2.15.0: relu 0 at 0; clamp(x, -1, 1) 0 on its bounds and at NaN, clamp(x, 1, 1) 0; |x| and sign 0 at 0;
    // maximum and minimum half to each of two equals.
    expect(await slopes(([x]) => ops.relu(x), [[-1, 0, 1]])).toEqual([0, 0, 1]);
    expect(await slopes(([x]) => ops.clamp(x, -1, 1), [[-2, -1, 0, 1, 2, Number.NaN]])).toEqual([0, 0, 1, 0, 0, 0]);
    expect(await slopes(([x]) => ops.clamp(x, 1, 1), [[0, 1, 2]])).toEqual([0, 0, 0]);
    expect(await slopes(([x]) => ops.abs(x), [[-2, 0, 2]])).toEqual([-1, 0, 1]);
    expect(await slopes(([x]) => ops.sign(x), [[-2, 0, 2]])).toEqual([0, 0, 0]);
    for (const wrt of [0, 1]) {
      const pair = [
        [1, 2, 3],
        [3, 2, 1],
      ];
      expect(await slopes(([a, b]) => ops.maximum(a, b), pair, wrt)).toEqual(wrt === 0 ? [0, 0.5, 1] : [1, 0.5, 0]);
      expect(await slopes(([a, b]) => ops.minimum(a, b), pair, wrt)).toEqual(wrt === 0 ? [1, 0.5, 0] : [0, 0.5, 1]);
    }
  });
});
