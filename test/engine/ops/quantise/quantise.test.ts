import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../../src/engine/errors.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { dequantise, quantise, roundTo, type SmallFormat } from '../../../../src/engine/ops/quantise/quantise.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import { roundF16 } from '../../../reference/formats.ts';
import { roundRows } from '../../../reference/quantise.ts';
import { run, useDevice } from '../../../support/checkOp.ts';

/** The reference is the definition of the formats in float64, and the scale found by trying. */
const device = useDevice();

const smallFormats: SmallFormat[] = ['f8e4m3', 'f8e5m2', 'f16'];

/** Rows of very different sizes, with zeros, ties and a row of zeros. */
function rows(shape: Shape): { data: Float32Array; shape: Shape } {
  const [count, ...others] = shape;
  const length = others.reduce((product, each) => product * each, 1);
  const data = Float32Array.from({ length: count * length }, (_, i) => {
    const row = Math.floor(i / length);
    const k = i % length;
    if (row === 1) return 0;
    const size = 2 ** (((row * 7) % 25) - 12);
    return size * Math.sin(k * 12.9898 + row) * (k % 5 === 0 ? 1 / 64 : 1);
  });
  return { data, shape };
}

const twice =
  (format: SmallFormat) =>
  ([x]: Node[]) =>
    dequantise(quantise(x, format), x.shape, format);
const plain = (values: Iterable<number>) => Array.from(values, (value) => value + 0);

describe.each(smallFormats)('%s', (format) => {
  // Whole groups of four, and not; one row; rows of one element.
  it.each([[[5, 3, 4, 4]], [[3, 7]], [[4, 5, 1]], [[1, 9]], [[6]]])('rows of %j', async (shape) => {
    const x = rows(shape);
    const expected = roundRows([...x.data], shape[0], format);
    expect(plain(await run(device(), twice(format), [{ ...x, dtype: 'f32' }]))).toEqual(plain(expected));
    expect(plain(await run(device(), ([node]) => roundTo(node, format), [{ ...x, dtype: 'f32' }]))).toEqual(
      plain(expected),
    );
  });

  it('takes as many bytes as it says', () => {
    const { codes } = quantise(input(spec([8, 16, 4, 4]), 'x'), format);
    expect(codes.bytes).toBe(8 * 256 * (format === 'f16' ? 2 : 1));
  });

  it('does not hide numbers that are not finite', async () => {
    const data = Float32Array.of(1, Number.NaN, 2, 1, Number.POSITIVE_INFINITY, 2, 1, 2, 3);
    const found = [...(await run(device(), twice(format), [{ data, shape: [3, 3], dtype: 'f32' }]))];
    expect(found.slice(0, 3).some(Number.isNaN)).toBe(true);
    expect(found.slice(3, 6).every(Number.isFinite)).toBe(false);
    expect(found.slice(6)).toEqual([1, 2, 3]);
  });

  it('has the same codes for an image whatever its neighbours', async () => {
    const x = rows([5, 3, 4, 4]);
    const whole = await run(device(), twice(format), [{ ...x, dtype: 'f32' }]);
    const alone = await run(device(), twice(format), [
      { data: x.data.slice(96, 144), shape: [1, 3, 4, 4], dtype: 'f32' },
    ]);
    expect([...alone]).toEqual([...whole.slice(96, 144)]);
  });

  it('computes the same without subgroups', async () => {
    const x = rows([5, 3, 4, 4]);
    const options = { device: device(), capabilities: { subgroupsOf8: false } };
    const executable = await compile(({ x }) => ({ y: twice(format)([x]) }), { x: spec(x.shape) }, options);
    const { y } = executable.run({ x: x.data as Float32Array<ArrayBuffer> });
    expect(plain(await y.read())).toEqual(plain(roundRows([...x.data], 5, format)));
    executable.free();
  });
});

it('rounds to f16 at every number of the format, between any two, and beside what lies between', async () => {
  const numbers = Array.from({ length: 0x7c00 }, (_, code) =>
    code < 0x400 ? code * 2 ** -24 : (1 + (code % 0x400) / 0x400) * 2 ** (Math.floor(code / 0x400) - 15),
  );
  const middles = numbers.map((value, i) => (value + (numbers[i + 1] ?? 65536)) / 2);
  const beside = middles.flatMap((value) => [value * (1 - 2 ** -23), value * (1 + 2 ** -22)]);
  const positive = [...numbers, ...middles, ...beside, 65536, 1e30, 1e-30, 1e-42, Number.POSITIVE_INFINITY];
  const data = Float32Array.from([...positive, ...positive.map((value) => -value), Number.NaN]);
  const x = { data, shape: [data.length], dtype: 'f32' } as const;
  const expected = Array.from(data, roundF16);
  expect(plain(await run(device(), ([node]) => roundTo(node, 'f16'), [x]))).toEqual(plain(expected));
  expect(plain(await run(device(), twice('f16'), [x]))).toEqual(plain(expected));
});

it('rounding passes gradients on', async () => {
  const seed = input(spec([2, 3]), 'seed');
  const x = input(spec([2, 3]), 'x');
  expect(gradients(roundTo(x, 'f8e4m3'), [x], seed)).toEqual([seed]);
});

it('takes f32 only', () => {
  expect(() => quantise(input(spec([2, 3], 'i32'), 'x'), 'f16')).toThrow(ShapeError);
});
