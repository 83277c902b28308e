import { describe, expect, it } from 'vitest';
import { measureArithmetic } from '../../../../bench/fidelity/arithmetic.ts';
import type { FloatDType } from '../../../../bench/fidelity/formats.ts';
import { input, literal, spec } from '../../../../src/engine/graph/graph.ts';
import { type ArithmeticOperation, arithmetic } from '../../../../src/engine/ops/elementwise/arithmetic.ts';
import { evaluate } from '../../../../src/engine/run/compile.ts';
import { useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

const exact: ArithmeticOperation[] = ['add', 'subtract', 'mul', 'divide', 'square_root'];
const bitwise: ArithmeticOperation[] = ['negate', 'absolute', 'equal', 'less', 'less_equal'];
/** Every exponent class of binary64 is 2048 operands: each comes as often as this. */
const cases = 16 * 2048;

describe.each(['f8e4m3', 'f8e5m2', 'f16', 'f32', 'f64'] as const)('%s', (dtype) => {
  // Against float64: of 53 bits, more than twice those of f32 and two, so that rounding twice is rounding once; for f64 JavaScript itself.
  it.each([...exact, ...bitwise])('%s is correctly rounded', async (op) => {
    const row = await measureArithmetic(device(), op, dtype, { cases, seed: 7 });
    // Where subnormal f32 are flushed, cases that have one do not count.
    const all = dtype !== 'f32' || device().profile.probes.f32Subnormals;
    expect(row).toMatchObject({ wrong: 0, cases: all ? cases : expect.any(Number) });
  });
});

describe('elementary functions', () => {
  const bounds: Record<FloatDType, number> = {
    // Two f32 in a row: the error of f32 is added to the rounding of the format.
    f8e4m3: 0.51,
    f8e5m2: 0.51,
    f16: 0.51,
    // Two units: see exponential.wgsl and logarithm.wgsl.
    f32: 2,
    // 2^-44 of the result is 8 to 16 units of 48 bits.
    f32x2: 8,
    // Against 280 bits: the half unit of rounding and 2^-7.
    f64: 0.51,
  };
  for (const dtype of Object.keys(bounds) as FloatDType[])
    it.each(['exponential', 'logarithm'] as const)(`${dtype} %s`, async (op) => {
      const { maxUlp } = await measureArithmetic(device(), op, dtype, { cases: 8192, seed: 11 });
      expect(maxUlp).toBeGreaterThan(dtype.startsWith('f8') ? -1 : 0);
      expect(maxUlp).toBeLessThanOrEqual(bounds[dtype]);
    });
});

describe('f32x2', () => {
  // 2^-44 of a result is 8 to 16 units of 48 bits; the cases include sums that cancel.
  it.each(exact)('%s is right to 2^-44', async (op) => {
    const { maxUlp } = await measureArithmetic(device(), op, 'f32x2', { cases, seed: 7 });
    expect(maxUlp).toBeLessThanOrEqual(8);
  });

  it.each(bitwise)('%s is exact', async (op) => {
    expect(await measureArithmetic(device(), op, 'f32x2', { cases, seed: 7 })).toMatchObject({ wrong: 0 });
  });

  it('keeps infinities, NaN and roots of zero', async () => {
    const huge = 2 ** 127;
    const inf = Number.POSITIVE_INFINITY;
    const a = literal(Float64Array.of(huge, inf, inf, 0, 1, 3, -1), [7], 'f32x2');
    const b = literal(Float64Array.of(huge, 1, inf, 0, 0, inf, 0), [7], 'f32x2');
    const nodes = (['add', 'subtract', 'mul', 'divide', 'square_root'] as const).map((op) =>
      arithmetic(op, op === 'square_root' ? [a] : [a, b]),
    );
    const [plus, minus, times, by, root] = (await evaluate(nodes, device())).map((each) => [...each]);
    expect(plus).toEqual([inf, inf, inf, 0, 1, inf, -1]);
    expect(minus).toEqual([0, inf, NaN, 0, 1, -inf, -1]);
    expect(times).toEqual([inf, inf, inf, 0, 0, inf, -0]);
    expect(by).toEqual([1, inf, NaN, NaN, inf, 0, -inf]);
    expect([root[1], root[3], root[4], root[6]]).toEqual([inf, 0, 1, NaN]);
  });
});

it('works on tensors that do not fill their last word, and refuses others', async () => {
  const x = (length: number) =>
    literal(
      Float32Array.from({ length }, (_, i) => i),
      [length],
      'f8e4m3',
    );
  for (const length of [1, 3, 4, 5, 257]) {
    const [y] = await evaluate([arithmetic('add', [x(length), x(length)])], device());
    expect([...y.subarray(0, 9)]).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16].slice(0, length));
  }
  expect(() => arithmetic('add', [x(3), x(4)])).toThrow('add takes 2 of a kind, not f8e4m3[3],f8e4m3[4]');
  const integers = input(spec([3], 'i32'), 'x');
  expect(() => arithmetic('negate', [integers])).toThrow('negate takes a floating-point format, not i32');
});
