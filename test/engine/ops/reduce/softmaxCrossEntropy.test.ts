import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { logSoftmax, softmax, softmaxCrossEntropy } from '../../../../src/engine/ops/reduce/softmaxCrossEntropy.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import * as reference from '../../../reference/softmaxCrossEntropy.ts';
import {
  checkDerivative,
  checkForward,
  integers,
  type Operand,
  operand,
  run,
  type Tolerance,
  useDevice,
} from '../../../support/checkOp.ts';
import { pytorch, recorded } from '../../../support/pytorch.ts';

const device = useDevice();

/** [N, K]: below, at and above a workgroup of 8 and of 64. */
const sizes = [
  [1, 1],
  [3, 2],
  [5, 8],
  [64, 10],
  [4, 65],
  [3, 1000],
];

const variants = [
  { variant: 'as the device chooses', capabilities: {} },
  { variant: 'without subgroups', capabilities: { subgroupsOf8: false } },
];

const logitsOf = ([N, K]: number[], spread = 4): Operand => {
  const { data, shape } = operand([N, K], 1);
  return { data: data.map((value) => spread * value), shape };
};

const labelsOf = ([N, K]: number[]) =>
  integers(
    Array.from({ length: N }, (_, i) => (7 * i + 3) % K),
    [N],
  );

/** exp is right to 2 units in the last place (2^-22), for a difference of logits up to 8 that is rounded to 2^-22; the division to 2.5. */
const probability = { relative: 16 * 2 ** -24, absolute: 1e-12, why: 'exp within 2 ulp of a rounded difference' };
/** The same in the sum; log adds 2 ulp, and differences of logits up to 16 are rounded. */
const logarithm = { relative: 8 * 2 ** -24, absolute: 16 * 2 ** -24, why: 'log and exp within 2 ulp' };

for (const { variant, capabilities } of variants)
  describe(`softmaxCrossEntropy, ${variant}`, () => {
    for (const size of sizes) {
      const [, K] = size;
      const logits = logitsOf(size);
      const labels = labelsOf(size);

      it(`[${size}]: softmax, logSoftmax and the loss`, async () => {
        const { data } = logits;
        const check = (build: (inputs: Node[]) => Node, expected: Float64Array, tolerance: Tolerance) =>
          checkForward(device(), build, [logits, labels], expected, tolerance, capabilities);
        await check(([x]) => softmax(x), reference.softmax(data, K), probability);
        await check(([x]) => logSoftmax(x), reference.logSoftmax(data, K), logarithm);
        await check(
          ([x, y]) => softmaxCrossEntropy(x, y),
          reference.softmaxCrossEntropy(data, labels.data, K),
          logarithm,
        );
      });

      it(`[${size}]: gradients, and gradients of gradients`, async () => {
        const gradient = { ...probability, absolute: 4e-6, why: `${probability.why}; terms of about 1 cancel` };
        const check = (
          build: (inputs: Node[]) => Node,
          operands: Operand[],
          expected: (inputs: Float64Array[]) => Float64Array,
          wrt: number[],
        ) => checkDerivative(device(), build, operands, expected, gradient, { wrt, samples: 8, capabilities });
        await check(
          ([x]) => softmax(x),
          [logits],
          ([x]) => reference.softmax(x, K),
          [0],
        );
        await check(
          ([x]) => logSoftmax(x),
          [logits],
          ([x]) => reference.logSoftmax(x, K),
          [0],
        );
        await check(
          ([x, y]) => softmaxCrossEntropy(x, y),
          [logits, labels],
          ([x, y]) => reference.softmaxCrossEntropy(x, y, K),
          [0],
        );
        const outer = operand([size[0]], 3);
        await check(
          ([x, y, g]) => gradients(softmaxCrossEntropy(x, y), [x], g)[0],
          [logits, labels, outer],
          ([x, y, g]) => reference.softmaxCrossEntropyGradient(x, y, g, K),
          [0, 2],
        );
      });
    }
  });

describe('softmaxCrossEntropy', () => {
  it('equals PyTorch', async () => {
    const { crossEntropy } = pytorch;
    const operands = [recorded(crossEntropy.logits), integers(crossEntropy.labels, [6]), recorded(crossEntropy.outer)];
    const check = (build: (inputs: Node[]) => Node, { data }: { data: number[] }, tolerance: Tolerance) =>
      checkForward(device(), build, operands, data, tolerance);
    await check(([x]) => softmax(x), crossEntropy.softmax, probability);
    await check(([x]) => logSoftmax(x), crossEntropy.logSoftmax, logarithm);
    await check(([x, y]) => softmaxCrossEntropy(x, y), crossEntropy.losses, logarithm);
    const gradient = { ...probability, absolute: 2e-6, why: 'probabilities within 8 ulp, minus 1' };
    await check(([x, y, g]) => gradients(softmaxCrossEntropy(x, y), [x], g)[0], crossEntropy.gradient, gradient);
  });

  it('does not overflow', async () => {
    const logits = { data: Float32Array.of(1e4, 0, -1e4, -1e4, 3e38, 1e4), shape: [2, 3] };
    const losses = await run(device(), ([x, y]) => softmaxCrossEntropy(x, y), [logits, integers([1, 1], [2])]);
    // exp(-1e4) is 0 in f32, so the sums are 1: the losses are differences of logits.
    expect([...losses]).toEqual([1e4, 0]);
    const logarithms = await run(device(), ([x]) => logSoftmax(x), [logits]);
    expect([...logarithms.subarray(0, 3)]).toEqual([0, -1e4, -2e4]);
  });

  it('computes row by row along the last of any number of axes', async () => {
    const x = operand([2, 3, 5], 4);
    await checkForward(device(), ([a]) => softmax(a), [x], reference.softmax(x.data, 5), probability);
    await checkForward(device(), ([a]) => logSoftmax(a), [x], reference.logSoftmax(x.data, 5), logarithm);
  });

  it('gives NaN for a label outside the classes, and only there', async () => {
    const logits = logitsOf([4, 3]);
    const labels = integers([2, 3, -1, 0], [4]);
    const nan = (array: ArrayLike<number>) => Array.from(array, Number.isNaN);
    const losses = await run(device(), ([x, y]) => softmaxCrossEntropy(x, y), [logits, labels]);
    expect(nan(losses)).toEqual([false, true, true, false]);
    const gradient = await run(device(), ([x, y, g]) => gradients(softmaxCrossEntropy(x, y), [x], g)[0], [
      logits,
      labels,
      operand([4], 1),
    ]);
    expect(nan(gradient)).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0].map(Boolean));
  });

  it.each(['f32x2', 'f64'] as const)('gives NaN for rows with NaN in %s', async (dtype) => {
    const data = Float64Array.of(1, Number.NaN, 2, 1, 2, 3, Number.NaN, 0, 0);
    const operands = [{ data, shape: [3, 3], dtype }, integers([0, 1, 1], [3])];
    const nans = async (build: (inputs: Node[]) => Node) =>
      Array.from(await run(device(), build, operands), Number.isNaN);
    expect(await nans(([x]) => softmax(x))).toEqual([1, 1, 1, 0, 0, 0, 1, 1, 1].map(Boolean));
    expect(await nans(([x, y]) => softmaxCrossEntropy(x, y))).toEqual([true, false, true]);
  });

  it('refuses operands that do not fit, naming both', () => {
    const node = (shape: number[], dtype: 'f32' | 'i32' = 'f32') => input(spec(shape, dtype), 'x');
    expect(() => softmaxCrossEntropy(node([4, 3]), node([3], 'i32'))).toThrow(
      'softmaxCrossEntropy takes floats [N, K] and i32[N], not f32[4, 3] and i32[3]',
    );
    expect(() => softmaxCrossEntropy(node([4, 3]), node([4]))).toThrow('not f32[4, 3] and f32[4]');
    expect(() => softmax(node([4], 'i32'))).toThrow('softmax takes rows of floats, not i32[4]');
    expect(() => logSoftmax(node([]))).toThrow('logSoftmax takes rows of floats, not f32[]');
  });
});
