import { describe, expect, it } from 'vitest';
import { dtypes, measureConversion } from '../../../../bench/fidelity/conversions.ts';
import { literal } from '../../../../src/engine/graph/graph.ts';
import { arithmetic } from '../../../../src/engine/ops/elementwise/arithmetic.ts';
import { convert } from '../../../../src/engine/ops/elementwise/convert.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { evaluate } from '../../../../src/engine/run/compile.ts';
import { useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

describe.each(dtypes)('%s', (from) => {
  // 4001 elements do not fill the last word of any format; the reference rounds float64 once (tested against exact halves elsewhere).
  it.each(dtypes.filter((to) => to !== from))('becomes %s', async (to) => {
    expect(await measureConversion(device(), from, to, { cases: 4001, seed: 5 })).toMatchObject({ wrong: 0 });
  });
});

it('rounds a sum of two f32 once, even where 53 bits are not enough', async () => {
  const one = literal(Float64Array.of(1, 1, 1 + 2 ** -11, 1 + 2 ** -11, -1 - 2 ** -11, 5), [6], 'f32x2');
  const speck = literal(
    Float64Array.of(2 ** -80, -(2 ** -80), 2 ** -80, -(2 ** -80), -(2 ** -80), -(2 ** -80)),
    [6],
    'f32x2',
  );
  const x = arithmetic('add', [one, speck]);
  const results = await evaluate([convert(x, 'f64'), convert(x, 'f16'), convert(x, 'i32')], device());
  // The half of an f16 step is decided by what float64 cannot hold.
  expect(results.map((each) => [...each])).toEqual([
    [1, 1, 1 + 2 ** -11, 1 + 2 ** -11, -1 - 2 ** -11, 5],
    [1, 1, 1 + 2 ** -10, 1, -1 - 2 ** -10, 5],
    [1, 0, 1, 1, -1, 4],
  ]);
});

it('has a derivative between floating-point formats', async () => {
  const x = literal(Float64Array.of(1, 2, 3), [3], 'f64');
  const seed = literal(Float32Array.of(0.5, 1, 2), [3], 'f32');
  const [slope] = gradients(convert(x, 'f32'), [x], seed);
  expect(slope.dtype).toBe('f64');
  expect([...(await evaluate([slope], device()))[0]]).toEqual([0.5, 1, 2]);
});
