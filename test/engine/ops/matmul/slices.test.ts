import { describe, expect, it } from 'vitest';
import { GpuOutOfMemoryError } from '../../../../src/engine/errors.ts';
import { spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { convert } from '../../../../src/engine/ops/elementwise/convert.ts';
import { fill } from '../../../../src/engine/ops/elementwise/define.ts';
import { multiply } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { linear, matmul } from '../../../../src/engine/ops/matmul/matmul.ts';
import { sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { transpose } from '../../../../src/engine/ops/shape/shape.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import type { Plan } from '../../../../src/engine/plan/plan.ts';
import { planFunction } from '../../../../src/engine/run/compile.ts';
import { type MatmulReferenceOptions, matmul as reference } from '../../../reference/matmul.ts';
import { checkForward, type Operand, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

/** A device that binds 16 KiB. The matrices have 75 KB and 72 KB: five slices, the last one shorter. */
const MOST = 16_384;
const capabilities = { maxStorageBufferBindingSize: MOST };
const LARGE = [300, 64];
const WIDE = [64, 288];

/** Whole numbers from -8 to 8: every product and sum is exact in f32, in any order. */
const wholeNumbers = (shape: number[], seed: number): Operand => ({
  data: operand(shape, seed).data.map((value) => Math.round(8 * value)),
  shape,
});
const EXACT = { why: 'whole numbers are exact' };

const planOf = (build: (inputs: Node[]) => Node, shapes: readonly number[][]): Plan =>
  planFunction(
    ({ inputs }) => build([...inputs]),
    { inputs: shapes.map((shape) => spec(shape)) },
    {
      capabilities: { ...device().capabilities, ...capabilities },
    },
  );

const products = ({ steps }: Plan) =>
  steps.filter((step) => step.kind === 'dispatch' && step.node.op.name === 'matmul' && step.call.auxiliary !== true);

const lengthsOf = (shape: number[], isTransposed = false) => (isTransposed ? [...shape].reverse() : shape);

/** The product in float64. */
function expectedOf(a: Operand, b: Operand, { transposeA, transposeB }: MatmulReferenceOptions): Float64Array {
  const [M, K] = lengthsOf([...a.shape], transposeA);
  const [, N] = lengthsOf([...b.shape], transposeB);
  return reference([...a.data], [...b.data], [M, N, K], { transposeA, transposeB });
}

/** Each case has one operand that is too large, as it lies and in the order in which the product takes it. */
const cases: readonly [
  name: string,
  options: { transposeA?: boolean; transposeB?: boolean },
  a: number[],
  b: number[],
][] = [
  ['rows of bᵀ, outputs of a linear layer', { transposeB: true }, [3, 64], LARGE],
  ['rows of b, the depth', {}, [3, 300], LARGE],
  ['rows of a', {}, LARGE, [64, 5]],
  ['rows of aᵀ, the depth', { transposeA: true }, LARGE, [300, 5]],
  ['rows of b, beside aᵀ', { transposeA: true }, [300, 3], LARGE],
  ['rows of aᵀ, beside bᵀ', { transposeA: true, transposeB: true }, LARGE, [5, 300]],
  ['rows of many elements', { transposeB: true }, [1, 288], WIDE],
];

describe('a product with a matrix that is larger than the device binds', () => {
  for (const [name, options, first, second] of cases)
    it(`is exact on whole numbers, in slices: ${name}`, async () => {
      const build = ([a, b]: Node[]) => matmul(a, b, options);
      const [a, b] = [wholeNumbers(first, 1), wholeNumbers(second, 2)];
      const shapes = [first, second];
      // 16 KiB hold 64 rows of 64 or 8 of 288 numbers, where these begin at multiples of 256 bytes in each format.
      expect(products(planOf(build, shapes))).toHaveLength(shapes.includes(WIDE) ? 8 : 5);
      for (const setting of [{}, { subgroupsOf8: false }, { fastWorkgroupMemory: true }])
        await checkForward(device(), build, [a, b], expectedOf(a, b, options), EXACT, {
          ...capabilities,
          ...setting,
        });
    });

  it('reads nothing but slices, where they lie: no buffer is made of its size', () => {
    const { steps, buffers } = planOf(([x, w, b]) => linear(x, w, b), [[3, 64], LARGE, [300]]);
    for (const step of steps)
      if (step.kind === 'dispatch')
        for (const { bytes } of Object.values(step.call.bind)) expect(bytes).toBeLessThanOrEqual(MOST);
    expect(buffers.filter(({ kind, bytes }) => kind !== 'input' && bytes > MOST)).toEqual([]);
  });

  it('is not packed a second time where it has more than 64 MiB', () => {
    const { maxStorageBufferBindingSize } = device().capabilities;
    // The first linear layer of VGG: 411 MB.
    const shapes = [spec([1, 25_088]), spec([4096, 25_088])];
    const build = ({ inputs: [x, w] }: { inputs: Node[] }) => matmul(x, w, { transposeB: true });
    const { peakBytes, steps } = planFunction(
      build as never,
      { inputs: shapes },
      {
        capabilities: { ...device().capabilities, subgroupsOf8: true, fastWorkgroupMemory: false },
      },
    );
    expect(steps.filter((step) => step.kind === 'dispatch' && step.node.op.name === 'matmul')).toHaveLength(
      Math.ceil((4 * 4096 * 25_088) / maxStorageBufferBindingSize),
    );
    // The outputs, once in slices and once together.
    expect(peakBytes).toBeLessThanOrEqual(2 * 4 * 4096 + 64);
  });

  it('takes it transposed before, as exporters write it, and converted from a smaller format', async () => {
    const [x, w] = [wholeNumbers([3, 64], 3), wholeNumbers(LARGE, 4)];
    const expected = expectedOf(x, w, { transposeB: true });
    await checkForward(device(), ([a, b]) => matmul(a, transpose(b, [1, 0])), [x, w], expected, EXACT, capabilities);
    const inF16: Operand = { ...w, dtype: 'f16' };
    // 38 KB of f16 are 75 KB of f32.
    await checkForward(
      device(),
      ([a, b]) => matmul(a, convert(b, 'f32'), { transposeB: true }),
      [x, inF16],
      expected,
      EXACT,
      capabilities,
    );
  });

  it('takes one number in its place, of which no buffer of its size is made', async () => {
    const x = wholeNumbers([3, 64], 11);
    for (const filled of [fill(LARGE, 0.5), transpose(fill(WIDE, 0.5), [1, 0])]) {
      const build = ([a]: Node[]) => matmul(a, filled, { transposeB: true });
      const same: Operand = { data: new Float32Array(filled.size).fill(0.5), shape: filled.shape };
      expect(planOf(build, [[3, 64]]).buffers.filter(({ bytes }) => bytes > MOST)).toEqual([]);
      await checkForward(device(), build, [x], expectedOf(x, same, { transposeB: true }), EXACT, capabilities);
    }
  });

  it('gives the bits of the whole matrix where its slices are outputs', async () => {
    const operands = [operand([8, 64], 5), operand(LARGE, 6), operand([300], 7)];
    const build = ([x, w, b]: Node[]) => linear(x, w, b);
    expect(await run(device(), build, operands, capabilities)).toEqual(await run(device(), build, operands));
  });

  it('has a gradient by the other operand', async () => {
    const [x, w, slope] = [wholeNumbers([3, 64], 8), wholeNumbers(LARGE, 9), wholeNumbers([3, 300], 10)];
    const build = ([a, b, s]: Node[]) => gradients(sum(multiply(matmul(a, b, { transposeB: true }), s)), [a])[0];
    const expected = expectedOf(slope, w, {});
    await checkForward(device(), build, [x, w, slope], expected, EXACT, capabilities);
  });

  it('is refused by name and size where a gradient has its size, where rows begin where no binding may, and in other ops', () => {
    const byWeight = ([a, b]: Node[]) => gradients(sum(matmul(a, b, { transposeB: true })), [b])[0];
    const refused = (build: (inputs: Node[]) => Node, shapes: readonly number[][]) =>
      expect(() => planOf(build, shapes));
    refused(byWeight, [[3, 64], LARGE]).toThrow(GpuOutOfMemoryError);
    const product = ([a, b]: Node[]) => matmul(a, b, { transposeB: true });
    const error = (size: number) => `needs a buffer of ${size} bytes; this device binds at most ${MOST}`;
    // Rows of 65 numbers begin at a multiple of 256 bytes only every 64 rows, which are too many.
    refused(product, [
      [3, 65],
      [300, 65],
    ]).toThrow(`input inputs.1 f32[300, 65]: ${error(4 * 300 * 65)}`);
    refused(([a, b]) => sum(multiply(a, b)), [LARGE, LARGE]).toThrow(
      `input inputs.0 f32[300, 64]: ${error(4 * 300 * 64)}`,
    );
  });
});
