import { describe, expect, it } from 'vitest';
import { literal } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { multiply } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { ceil, floor, round } from '../../../../src/engine/ops/elementwise/rounding.ts';
import { sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { evaluate } from '../../../../src/engine/run/compile.ts';
import { map } from '../../../reference/elementwise.ts';
import { useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const valuesOf = async (node: Node): Promise<number[]> => Array.from((await evaluate([node], device()))[0]);
/** Without the sign of zero, which select may choose. */
const plain = (values: Iterable<number>) => Array.from(values, (value) => value + 0);

/** Ties, their neighbours, and the ends of the fractions of every format. */
const shared = [0, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 3.5, 2 ** 22 + 0.5, 2 ** 22 + 1.5, 2 ** 23 + 1, 2 ** 24, 2 ** 60, inf];
const numbers = {
  f32: [...shared, 0.5 - 2 ** -25, 0.5 + 2 ** -24, 2.5 - 2 ** -22, 2.5 + 2 ** -22],
  f32x2: [...shared, 0.5 - 2 ** -48, 2.5 + 2 ** -45, 2 ** 23 + 0.5, 2 ** 23 + 1.5, 2 ** 30 + 0.25, 2 ** 25 - 0.125],
  f64: [...shared, 0.5 - 2 ** -54, 2.5 + 2 ** -51, 1.5 - 2 ** -52, 2 ** 51 + 0.5, 2 ** 51 + 1.5, 2 ** 52 + 1, 5e-324],
};

describe.each(Object.entries(numbers))('%s', (dtype, sizes) => {
  it.each(Object.entries({ floor, ceil, round }))('%s is exact', async (name, op) => {
    const x = Float64Array.from([...sizes, ...sizes.map((size) => -size), nan]);
    const data = dtype === 'f32' ? Float32Array.from(x) : x;
    const found = await valuesOf(op(literal(data, [data.length], dtype as keyof typeof numbers)));
    expect(plain(found)).toEqual(plain(map(name, [x], x.length)));
  });
});

it('has no slope, as in PyTorch', async () => {
  const x = literal(Float32Array.of(-1.5, 0.25, 2), [3]);
  for (const op of [floor, ceil, round]) {
    const [gradient] = gradients(sum(multiply(op(x), x)), [x]);
    // Of the product, the other factor's share alone.
    expect(await valuesOf(gradient)).toEqual(await valuesOf(op(x)));
  }
});
