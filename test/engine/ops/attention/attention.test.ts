import { describe, expect, it } from 'vitest';
import { input, literal, spec } from '../../../../src/engine/graph/graph.ts';
import { attention } from '../../../../src/engine/ops/attention/attention.ts';
import { evaluate } from '../../../../src/engine/run/compile.ts';
import { attention as reference } from '../../../reference/attention.ts';
import { checkForward, expectClose, operand, useDevice } from '../../../support/checkOp.ts';
import { againstPyTorch } from '../../../support/transformer.ts';

const device = useDevice();

const tolerances = {
  f64: { absolute: 1e-14, why: 'a few roundings of numbers below 4' },
  f32x2: { absolute: 1e-12, why: 'a few roundings of numbers below 4' },
  f32: { absolute: 2e-6, why: 'a few roundings of numbers below 4' },
} as const;

/** 0 up to the diagonal, minus infinity above. */
const below = (isBelow: number, isAbove: number) =>
  Array.from({ length: 30 }, (_, i) => (i % 6 <= Math.floor(i / 6) ? isBelow : isAbove));

describe.each(Object.keys(tolerances) as (keyof typeof tolerances)[])(
  'values and gradients of PyTorch 2.15.0: %s',
  (dtype) => {
    const check = async ({ nodes, expected }: ReturnType<typeof againstPyTorch>) => {
      const found = await evaluate(nodes, device());
      found.forEach((values, k) => {
        expectClose(values, expected[k], tolerances[dtype]);
      });
    };

    it('attention', () => check(againstPyTorch('attention', dtype, ({ q, k, v }) => attention(q, k, v))));

    it('with a scale and a mask of numbers, or of bools', async () => {
      const numbers = literal(
        dtype === 'f32' ? Float32Array.from(below(0, -Infinity)) : Float64Array.from(below(0, -Infinity)),
        [5, 6],
        dtype,
      );
      const bools = literal(Uint32Array.from(below(1, 0)), [5, 6], 'bool');
      for (const mask of [numbers, bools])
        await check(
          againstPyTorch('attention with a scale and a mask', dtype, ({ q, k, v }) =>
            attention(q, k, v, { scale: 0.75, mask }),
          ),
        );
    });
  },
);

it.each([
  [3, 65, 64],
  [2, 17, 8],
])('%i heads of %i places and %i numbers, against float64', async (heads, T, D) => {
  const operands = [1, 2, 3].map((seed) => operand([1, heads, T, D], seed));
  const size = T * D;
  const expected = Array.from({ length: heads }, (_, head) => {
    const [q, k, v] = operands.map(({ data }) => data.subarray(head * size, (head + 1) * size));
    return [...reference(q, k, v, { T, S: T, D, E: D, scale: D ** -0.5 })];
  }).flat();
  await checkForward(device(), ([q, k, v]) => attention(q, k, v), operands, expected, {
    absolute: 2e-6,
    why: 'averages of numbers below 1 with weights that a dozen roundings are off',
  });
});

it('names what does not fit', () => {
  const node = (shape: number[]) => input(spec(shape), 'x');
  expect(() => attention(node([5, 4]), node([6, 3]), node([6, 4]))).toThrow(
    'attention: f32[5, 4], f32[6, 3], f32[6, 4] are no queries [T, D], keys [S, D] and values [S, E]',
  );
});
