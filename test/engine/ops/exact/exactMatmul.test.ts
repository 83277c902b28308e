import { describe, expect, it } from 'vitest';
import { doubles } from '../../../../bench/fidelity/doubles.ts';
import type { Capabilities } from '../../../../src/engine/graph/capabilities.ts';
import { input, literal, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { moduli } from '../../../../src/engine/numbers/residues.ts';
import { type ExactMatmulOptions, exactMatmul } from '../../../../src/engine/ops/exact/exactMatmul.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { exactMatmul as reference } from '../../../reference/exactMatmul.ts';
import { run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

const transposed = (x: Float64Array, rows: number, columns: number) =>
  Float64Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);

/** Wrong elements, the sign of zero included. */
async function wrong(
  a: Float64Array,
  b: Float64Array,
  [rows, depth, columns]: readonly [number, number, number],
  { transposeA = false, transposeB = false }: ExactMatmulOptions = {},
  capabilities?: Partial<Capabilities>,
): Promise<string[]> {
  const operands = [
    transposeA
      ? { data: transposed(a, rows, depth), shape: [depth, rows], dtype: 'f64' as const }
      : { data: a, shape: [rows, depth], dtype: 'f64' as const },
    transposeB
      ? { data: transposed(b, depth, columns), shape: [columns, depth], dtype: 'f64' as const }
      : { data: b, shape: [depth, columns], dtype: 'f64' as const },
  ];
  const y = await run(device(), ([x, z]) => exactMatmul(x, z, { transposeA, transposeB }), operands, capabilities);
  const expected = reference(a, b, [rows, depth, columns]);
  return [...expected].flatMap((value, i) => (Object.is(value, y[i]) ? [] : [`${i}: ${y[i]}, not ${value}`]));
}

describe('exactMatmul is the exact sum, rounded once (BigInt)', () => {
  const kinds = Object.keys(doubles) as (keyof typeof doubles)[];
  const pairs = kinds.flatMap((first) =>
    [...new Set([first, 'normal', 'halves'] as const)].map((second) => [first, second]),
  );
  it.each(pairs as [keyof typeof doubles, keyof typeof doubles][])('%s times %s', async (first, second) => {
    const size = [33, 40, 35] as const;
    expect(await wrong(doubles[first](33 * 40, 1), doubles[second](40 * 35, 2), size)).toEqual([]);
  });

  // Below, at and above the tiles of 16 or 32 x 64 and the 112 places of the sum between two foldings.
  it.each([
    [1, 1, 1],
    [32, 16, 32],
    [31, 15, 65],
    [64, 17, 8],
    [5, 600, 3],
    [17, 111, 63],
    [40, 113, 64],
  ] as const)('%i × %i × %i', async (...size) => {
    const [rows, depth, columns] = size;
    const a = doubles.normal(rows * depth, 3);
    const b = doubles.spread(depth * columns, 4);
    for (const transposeA of [false, true])
      for (const transposeB of [false, true]) expect(await wrong(a, b, size, { transposeA, transposeB })).toEqual([]);
    expect(await wrong(a, b, size, {}, { subgroupsOf8: false })).toEqual([]);
  });

  it.each([112, 113, 224, 600])('%i products of the largest residues, all of one sign', async (depth) => {
    // (P + 1) / 2 is -(p - 1) / 2 modulo each factor p of P, here the first four moduli: 52 bits; it is odd, so that
    // nothing is taken from it.
    const product = moduli.slice(0, 4).reduce((x, p) => x * BigInt(p), 1n);
    const largest = Number((product + 1n) / 2n);
    expect(largest % 2).toBe(1);
    const size = [2, depth, 2] as const;
    const a = new Float64Array(2 * depth).fill(largest);
    // The second column has the opposite sign.
    const b = Float64Array.from({ length: 2 * depth }, (_, i) => (i % 2 === 0 ? largest : -largest));
    expect(await wrong(a, b, size)).toEqual([]);
    expect(await wrong(a, b, size, {}, { subgroupsOf8: false })).toEqual([]);
  });

  it('sums that cancel but for their last bits', async () => {
    const [rows, depth, columns] = [16, 64, 16];
    const half = doubles.normal((rows * depth) / 2, 5);
    // Each row is followed by its negative, one unit of which is changed.
    const a = Float64Array.from({ length: rows * depth }, (_, i) => {
      const row = Math.floor(i / depth);
      const k = i % depth;
      const x = half[(row * depth) / 2 + (k % (depth / 2))];
      return k < depth / 2 ? x : k === depth - 1 ? -x * (1 + 2 ** -52) : -x;
    });
    const b = Float64Array.from({ length: depth * columns }, (_, i) => 1 + (i % columns) * 2 ** -50);
    expect(await wrong(a, b, [rows, depth, columns])).toEqual([]);
  });
});

describe('products that are done in parts', () => {
  // More rows than a part has; more columns, of which a part has as many as fit into scratch memory.
  it.each([
    [1050, 3, 70],
    [3, 1, 90_001],
  ] as const)('%i × %i × %i', async (...size) => {
    const [rows, depth, columns] = size;
    expect(await wrong(doubles.normal(rows * depth, 10), doubles.spread(depth * columns, 11), size)).toEqual([]);
  });

  it('a factor of which not all residues fit into scratch memory', async () => {
    const [depth, columns] = [1500, 1000];
    const a = doubles.spread(depth, 12);
    const b = doubles.normal(depth * columns, 13);
    const operands = [
      { data: a, shape: [1, depth], dtype: 'f64' as const },
      { data: b, shape: [depth, columns], dtype: 'f64' as const },
    ];
    const y = await run(device(), ([x, z]) => exactMatmul(x, z), operands);
    // Every 37th column.
    const some = Array.from({ length: 27 }, (_, i) => 37 * i);
    const sampled = Float64Array.from({ length: depth * some.length }, (_, i) => {
      const k = Math.floor(i / some.length);
      return b[k * columns + some[i % some.length]];
    });
    expect(some.map((column) => y[column])).toEqual([...reference(a, sampled, [1, depth, some.length])]);
  });
});

it('has gradients that are exact products', async () => {
  const [rows, depth, columns] = [4, 5, 6];
  const a = doubles.normal(rows * depth, 6);
  const b = doubles.normal(depth * columns, 7);
  const seed = doubles.normal(rows * columns, 8);
  for (const transposeA of [false, true])
    for (const transposeB of [false, true]) {
      const left = {
        data: transposeA ? transposed(a, rows, depth) : a,
        shape: transposeA ? [depth, rows] : [rows, depth],
      };
      const right = {
        data: transposeB ? transposed(b, depth, columns) : b,
        shape: transposeB ? [columns, depth] : [depth, columns],
      };
      const operands = [left, right].map((each) => ({ ...each, dtype: 'f64' as const }));
      const gradientOf = (which: number) => (inputs: Node[]) =>
        gradients(
          exactMatmul(inputs[0], inputs[1], { transposeA, transposeB }),
          [inputs[which]],
          literal(seed, [rows, columns], 'f64'),
        )[0];
      const byA = reference(seed, transposed(b, depth, columns), [rows, columns, depth]);
      const byB = reference(transposed(a, rows, depth), seed, [depth, rows, columns]);
      expect(await run(device(), gradientOf(0), operands)).toEqual(transposeA ? transposed(byA, rows, depth) : byA);
      expect(await run(device(), gradientOf(1), operands)).toEqual(transposeB ? transposed(byB, depth, columns) : byB);
    }
});

it('refuses operands that do not fit, naming them', () => {
  const x = input(spec([3, 4], 'f64'), 'x');
  expect(() => exactMatmul(x, x)).toThrow('exactMatmul(f64[3, 4], f64[3, 4]): the inner lengths are 4 and 3');
  expect(() => exactMatmul(x, input(spec([4, 3]), 'y'))).toThrow('both operands are f64');
});
